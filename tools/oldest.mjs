// An application on MicroPython 1.25's 32-bit WebAssembly port, in a heap of HEAP bytes:
// node oldest.mjs PACKAGE FOLDER HEAP STATEMENT...; FOLDER becomes the root, one statement after
// the other is run. This port collects between two of them, never within one.
import fs from 'fs';
import path from 'path';
import { pathToFileURL } from 'url';

const [root, folder, heap, ...statements] = process.argv.slice(2);
const { loadMicroPython } = await import(pathToFileURL(path.join(root, 'micropython.mjs')).href);
const mp = await loadMicroPython({ heapsize: Number(heap), stdout: (line) => console.log(line) });

function load(from, to) {
    for (const name of fs.readdirSync(from)) {
        const [source, target] = [path.join(from, name), `${to}/${name}`];
        if (fs.statSync(source).isDirectory()) {
            mp.FS.mkdir(target);
            load(source, target);
        } else {
            mp.FS.writeFile(target, fs.readFileSync(source));
        }
    }
}
mp.FS.mkdir('/app');
load(folder, '/app');
try {
    mp.runPython("import os, sys\nos.chdir('/app')\nsys.path[:] = ['/app', '.frozen']");
    for (const statement of statements) {
        mp.runPython(statement);
    }
} catch (wrong) {
    console.log(String(wrong.message || wrong));
    process.exit(1);
}

# MicroPython's unix port with an ESP32's word size; what Makefiles want to know. The rest: chip.h.

MICROPY_FORCE_32BIT = 1
MICROPY_STANDALONE = 1
MICROPY_PY_BTREE = 0
MICROPY_PY_FFI = 0
MICROPY_PY_JNI = 0
MICROPY_VFS_LFS1 = 0

# the old coprocessor keeps 80 bits between two operations, a chip keeps 32
CFLAGS_EXTRA += -msse2 -mfpmath=sse
CFLAGS_EXTRA += -DMP_CONFIGFILE='<chip.h>'
CFLAGS_EXTRA += -Wno-pointer-arith  # py/gc.c adds to a void * where the heap grows
COPT = -O2 -DNDEBUG

# a native function wants the machine code of this interpreter
MPY_CROSS_FLAGS += -march=x86

FROZEN_MANIFEST ?=

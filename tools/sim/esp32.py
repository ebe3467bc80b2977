"""MicroPython's esp32 module for the virtual box: its partition is the plant's flash."""

import machine


class Partition:
    TYPE_APP, TYPE_DATA = 0, 1

    @staticmethod
    def find(type=TYPE_APP, subtype=0xFF, label=None):
        return [machine.plant.flash] if label == "journal" else []

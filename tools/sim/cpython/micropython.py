"""What CPython needs of MicroPython's micropython module: the decorators as identities."""


def const(value):
    return value


def native(function):
    return function


def viper(function):
    return function

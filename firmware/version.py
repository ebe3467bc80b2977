"""The version of this firmware: three numbers, compared in order. The tools have their own."""

VERSION = "0.2.0"

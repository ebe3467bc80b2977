"""The version of this firmware, here and nowhere else: three numbers, compared in order."""

VERSION = "0.2.0"

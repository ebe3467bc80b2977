"""What the update service and a box at rest, which has not loaded the service, have in common."""

PIECE_BYTES = 1_024  # in base64 and JSON a packet; a full heap has no room for larger ones
LATER = "update: the contactor is closed or was just now, later"
NOTE = "update.json"  # in the root of the file system: what is being downloaded

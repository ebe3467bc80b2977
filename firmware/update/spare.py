"""Where an update goes: a spare slot, or the spare app partition of a frozen box.

Both have check_size(size, have), check(bundle, file, here, have), install(part, bundle) and
begin_trial(before, version). Built when an update needs it: the heap has better things to hold.
"""


def spare_of(chosen):
    """Return the place beside the one that runs. chosen: slots.Slots or AppPartitions."""
    if hasattr(chosen, "spare_partition"):
        from update.spare_partition import SparePartition

        return SparePartition(chosen)
    from update.spare_slot import SpareSlot

    return SpareSlot(chosen)

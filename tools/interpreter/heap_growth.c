// The pieces by which the heap grows beyond -X heapsize: WALLBOX_HEAP_GROWTH bytes in all, none
// without it. On a chip they come from the pool that Wi-Fi, TLS and stacks come from as well.
#include <malloc.h>
#include <stdlib.h>
#include "py/gc.h"

static size_t taken;

size_t gc_get_max_new_split(void) {
    const char *growth = getenv("WALLBOX_HEAP_GROWTH");
    size_t allowed = growth == NULL ? 0 : strtoul(growth, NULL, 10);
    return allowed > taken ? allowed - taken : 0;
}

void *heap_growth_take(size_t size) {
    void *piece = malloc(size);
    if (piece != NULL) {
        taken += malloc_usable_size(piece);
    }
    return piece;
}

void heap_growth_give_back(void *piece) {
    taken -= malloc_usable_size(piece);
    free(piece);
}

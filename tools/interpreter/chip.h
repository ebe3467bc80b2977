// Where an ESP32's MicroPython 1.25.0 (ports/esp32/mpconfigport.h) differs from the unix port's.
#include "mpconfigport.h"

// one lock for all threads, handed over every 32 jumps; a Ctrl-C is scheduled
#undef MICROPY_PY_THREAD_GIL
#undef MICROPY_ASYNC_KBD_INTR
#define MICROPY_PY_THREAD_GIL (1)
#define MICROPY_PY_THREAD_GIL_VM_DIVISOR (32)
#define MICROPY_PY_THREAD_RECURSIVE_MUTEX (1) // wanted by the unix port's own thread list
#define MICROPY_ASYNC_KBD_INTR (0)
#define MICROPY_SCHEDULER_DEPTH (8)

// time counts from 2000
#undef MICROPY_EPOCH_IS_1970
#undef MICROPY_PY_TIME_CUSTOM_SLEEP
#undef MICROPY_PY_TIME_INCLUDEFILE
#define MICROPY_EPOCH_IS_1970 (0)
#define MICROPY_PY_TIME_GMTIME_LOCALTIME_MKTIME (1)
#define MICROPY_PY_TIME_INCLUDEFILE "chip_time.h"
#define mp_hal_delay_ms chip_delay_ms
void chip_delay_ms(mp_uint_t span_ms);

// the heap grows as on the chip: it doubles, within what heap_growth.c allows
#define MICROPY_GC_SPLIT_HEAP (1)
#define MICROPY_GC_SPLIT_HEAP_AUTO (1)
void *heap_growth_take(size_t size);
void heap_growth_give_back(void *piece);
#define MP_PLAT_ALLOC_HEAP(size) heap_growth_take(size)
#define MP_PLAT_FREE_HEAP(piece) heap_growth_give_back(piece)
#undef MICROPY_EMERGENCY_EXCEPTION_BUF_SIZE
#define MICROPY_EMERGENCY_EXCEPTION_BUF_SIZE (0)

#undef MICROPY_ERROR_REPORTING
#define MICROPY_ERROR_REPORTING (MICROPY_ERROR_REPORTING_NORMAL)
#define MICROPY_PY_ALL_INPLACE_SPECIAL_METHODS (1)
#define MICROPY_PY_IO_BUFFEREDWRITER (1)

// the official images of the ESP32 have no ROM file system
#undef MICROPY_VFS_ROM
#undef MICROPY_VFS_ROM_IOCTL
#define MICROPY_VFS_ROM (0)
#define MICROPY_VFS_ROM_IOCTL (0)

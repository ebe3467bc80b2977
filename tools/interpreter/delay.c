// time.sleep_ms() that lets other threads run, as on the chip; the unix port keeps the lock.
#include <unistd.h>
#include "py/mphal.h"
#include "py/mpthread.h"
#include "py/runtime.h"

#define STEP_MS (10)

void chip_delay_ms(mp_uint_t span_ms) {
    mp_uint_t start = mp_hal_ticks_ms();
    for (;;) {
        mp_handle_pending(true);
        mp_uint_t spent = mp_hal_ticks_ms() - start;
        if (spent >= span_ms) {
            return;
        }
        mp_uint_t left = span_ms - spent;
        MP_THREAD_GIL_EXIT();
        usleep((left < STEP_MS ? left : STEP_MS) * 1000);
        MP_THREAD_GIL_ENTER();
    }
}

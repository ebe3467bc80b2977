// time.time() and time.localtime() in seconds since 2000, for extmod/modtime.c.
#include <time.h>
#include "py/obj.h"
#include "shared/timeutils/timeutils.h"

#define SECONDS_1970_TO_2000 (946684800)

static mp_obj_t mp_time_time_get(void) {
    return mp_obj_new_int((mp_int_t)(time(NULL) - SECONDS_1970_TO_2000));
}

static mp_obj_t mp_time_localtime_get(void) {
    timeutils_struct_time_t now;
    timeutils_seconds_since_epoch_to_struct_time(time(NULL) - SECONDS_1970_TO_2000, &now);
    mp_obj_t fields[8] = {
        mp_obj_new_int(now.tm_year), mp_obj_new_int(now.tm_mon), mp_obj_new_int(now.tm_mday),
        mp_obj_new_int(now.tm_hour), mp_obj_new_int(now.tm_min), mp_obj_new_int(now.tm_sec),
        mp_obj_new_int(now.tm_wday), mp_obj_new_int(now.tm_yday),
    };
    return mp_obj_new_tuple(8, fields);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* QEMU's monitor, where tests/vm/run --monitor gives it to the host */
#ifndef MONITOR_UTIL_H
#define MONITOR_UTIL_H

#include <stdbool.h>

bool monitor_is_there(void);

/* One command; a negative errno if it could not be said */
int monitor_say(const char *command);
/* What the monitor wrote last, with its echo */
const char *monitor_answer(void);

#endif /* MONITOR_UTIL_H */

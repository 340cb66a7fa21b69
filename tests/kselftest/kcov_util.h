/* SPDX-License-Identifier: GPL-2.0-only */
/* Which code of the modules a system call reached (tests/vm/config/debug) */
#ifndef KCOV_UTIL_H
#define KCOV_UTIL_H

#include <stdbool.h>

/* Of this thread; a negative errno where the kernel does not tell */
int kcov_start(void);

/* Forget what was reached; then: was anything reached for the first time? */
void kcov_begin(void);
bool kcov_is_new(void);
/* How many places were reached in all */
unsigned int kcov_count(void);

#endif /* KCOV_UTIL_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's fault injection, where it has any (tests/vm/config/debug).
 * Every function that can fail returns a negative errno.
 */
#ifndef FAULT_UTIL_H
#define FAULT_UTIL_H

#include <stdbool.h>

/* Allocations that may sleep fail too, and nothing is said about it */
int fault_setup(void);

/*
 * The n-th allocation of this thread from now on fails, one of slab or of
 * pages. Returns how many were made; *failed tells whether one failed.
 */
void fault_arm(unsigned int nth);
unsigned int fault_disarm(bool *failed);

/*
 * The n-th call of a function of a module fails with an error; *failed tells
 * whether there were so many. Whoever calls it, in any thread.
 */
int fault_function(const char *function, unsigned int nth, int error);
bool fault_function_end(void);

#endif /* FAULT_UTIL_H */

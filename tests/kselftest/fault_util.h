/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Things that fail in their turn, by the module cxl_fault_test of tests/modules:
 * Debian's kernel has no fault injection of its own.
 * Every function that can fail returns a negative errno.
 */
#ifndef FAULT_UTIL_H
#define FAULT_UTIL_H

#include <stdbool.h>

int fault_setup(void);

/*
 * The n-th allocation of this thread from now on fails. Returns how many were
 * made; *failed tells whether one failed.
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

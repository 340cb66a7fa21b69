/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's harness, with time for a slow kernel: VM_SLOW is how many times
 * longer than usual everything may take (tests/run).
 */
#ifndef SLOW_KSELFTEST_HARNESS_H
#define SLOW_KSELFTEST_HARNESS_H

#include_next <kselftest_harness.h>

#include "sysfs_util.h"

static inline void take_your_time(void)
{
	for (struct __fixture_metadata *f = __fixture_list; f; f = f->next)
		for (struct __test_metadata *t = f->tests; t; t = t->next)
			t->timeout *= slowness();
}

#define test_harness_run(argc, argv) \
	(take_your_time(), test_harness_run(argc, argv))

#endif /* SLOW_KSELFTEST_HARNESS_H */

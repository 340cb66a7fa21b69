/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's harness, with time for a slow kernel: VM_SLOW is how many times
 * longer than usual everything may take (tests/run). And what a test program
 * begins with.
 */
#ifndef SLOW_KSELFTEST_HARNESS_H
#define SLOW_KSELFTEST_HARNESS_H

#include_next <kselftest_harness.h>

#include "cxl_util.h"

static inline void take_your_time(void)
{
	for (struct __fixture_metadata *f = __fixture_list; f; f = f->next)
		for (struct __test_metadata *t = f->tests; t; t = t->next)
			t->timeout *= slowness();
}

#define test_harness_run(argc, argv) \
	(take_your_time(), test_harness_run(argc, argv))

static inline void need_module(const char *name)
{
	int ret = module_load(name);

	if (ret)
		ksft_exit_fail_msg("no module %s: %s\n", name, strerror(-ret));
}

/* With the driver loaded, all devices; without any, no test of this passes */
static inline int need_devices(char bdf[MAX_DEVICES][BDF_LEN])
{
	int n;

	need_module(DRIVER);
	n = cxl_devices(bdf);
	if (!n)
		ksft_exit_fail_msg("no device has cxl_region\n");
	return n;
}

/* The one that is asked for, or the first */
static inline void need_device(char bdf[BDF_LEN])
{
	need_module(DRIVER);
	if (pci_find_cxl(bdf, BDF_LEN))
		ksft_exit_fail_msg("no device has cxl_region\n");
}

#endif /* SLOW_KSELFTEST_HARNESS_H */

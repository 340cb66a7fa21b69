/* SPDX-License-Identifier: GPL-2.0-only */
/* A table of cases, each of which is one test with a name of its own */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/types.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* What a result must still be where the code must not touch it */
#define UNTOUCHED	0x5a5a5a5a5a5a5a5aULL

/* Every case begins with its name; @more are tests without a table */
#define RUN_CASES(cases, function, more)				\
	run_cases(&(cases)[0].name, ARRAY_SIZE(cases),			\
		  sizeof((cases)[0]), function, more, ARRAY_SIZE(more))

static inline int run_cases(const char *const *first, size_t nr, size_t size,
			    CMUnitTestFunction function,
			    const struct CMUnitTest *more, size_t nr_more)
{
	struct CMUnitTest *tests = calloc(nr + nr_more, sizeof(*tests));
	int failed;

	for (size_t i = 0; i < nr; i++) {
		const char *row = (const char *)first + i * size;

		tests[i].name = *(const char *const *)row;
		tests[i].test_func = function;
		tests[i].initial_state = (void *)row;
	}
	memcpy(&tests[nr], more, nr_more * sizeof(*more));
	failed = _cmocka_run_group_tests("cases", tests, nr + nr_more, NULL,
					 NULL);
	free(tests);
	return failed != 0;
}

/* A copy that ends where its memory ends: a byte too far is found out */
static inline void *exact_copy(const void *from, size_t len)
{
	void *copy = malloc(len);

	assert_true(copy || !len);
	if (len)
		memcpy(copy, from, len);
	return copy;
}

#endif /* UNIT_H */

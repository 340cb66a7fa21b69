// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stats.h"

double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

void must(int rc, const char *what)
{
	if (rc)
		errx(1, "%s: %s", what, rc < 0 ? strerror(-rc) : "failed");
}

void samples_add(struct samples *s, double value)
{
	if (s->nr < SAMPLES_MAX)
		s->value[s->nr++] = value;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double samples_median(struct samples *s)
{
	qsort(s->value, s->nr, sizeof(s->value[0]), by_value);
	return s->nr ? s->value[s->nr / 2] : 0;
}

void samples_print(struct samples *s, const char *unit, double scale)
{
	double median = samples_median(s);

	printf("%-52s median %9.2f %s  (%.2f to %.2f, n=%zu)\n", s->name,
	       median * scale, unit, s->nr ? s->value[0] * scale : 0,
	       s->nr ? s->value[s->nr - 1] * scale : 0, s->nr);
}

void ratio_print(const char *what, struct samples *a, struct samples *b,
		 double at_most)
{
	double ratio = samples_median(a) / samples_median(b);

	printf("%-52s ratio  %9.2f", what, ratio);
	if (at_most > 0)
		printf("    (wanted: at most %.2f)", at_most);
	putchar('\n');
}

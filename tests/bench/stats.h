/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the benches share: times of one thing measured several times, two things
 * compared, and the end when something fails
 */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stddef.h>

#define SAMPLES_MAX 101

struct samples {
	const char *name;
	double value[SAMPLES_MAX];
	size_t nr;
};

/* Seconds, from a clock that only goes forward */
double now(void);

/* Ends the program unless rc is 0: a negative errno, or any other failure */
void must(int rc, const char *what);

void samples_add(struct samples *s, double value);
double samples_median(struct samples *s);

/* A line: median, and from where to where the values spread */
void samples_print(struct samples *s, const char *unit, double scale);

/* A line: how many times the median of b the median of a is */
void ratio_print(const char *what, struct samples *a, struct samples *b,
		 double at_most);

#endif /* BENCH_STATS_H */

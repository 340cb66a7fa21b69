// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tell the frequency of this machine's time stamp counter, in kHz: QEMU hands
 * the counter to the guest, whose kernel would measure it against an emulated
 * timer. On a busy machine that went wrong by a factor of 64, and the guest's
 * time with it. Here a moment in which somebody else ran is seen, and not used.
 *
 * Prints nothing on a machine that has no such counter.
 */
#include <stdio.h>
#include <time.h>

#if defined(__x86_64__)
#include <x86intrin.h>

#define TRIES 50
#define APART_NS 20000000

struct moment {
	long long ns;
	unsigned long long tsc;
};

static long long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* Both clocks at once: of several readings the one that took least time. */
static struct moment read_both(void)
{
	struct moment best = { 0 };
	long long shortest = -1;

	for (int i = 0; i < TRIES; i++) {
		long long before = now_ns();
		unsigned long long tsc = __rdtsc();
		long long took = now_ns() - before;

		if (shortest >= 0 && took >= shortest)
			continue;
		shortest = took;
		best = (struct moment){ before + took / 2, tsc };
	}
	return best;
}

int main(void)
{
	struct moment first = read_both(), second;

	nanosleep(&(struct timespec){ .tv_nsec = APART_NS }, NULL);
	second = read_both();
	printf("%llu\n", (second.tsc - first.tsc) * 1000000 /
			 (second.ns - first.ns));
	return 0;
}
#else
int main(void)
{
	return 0;
}
#endif

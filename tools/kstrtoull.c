// SPDX-License-Identifier: GPL-2.0-only
/*
 * kstrtoull() for the host
 *
 * Not strtoull(), which takes a minus sign, white space, and text after the
 * number. This one refuses all that, as the kernel's does, so that a test of a
 * size means the same here and there.
 */
#include <errno.h>
#include <limits.h>

#include <linux/kernel.h>

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : INT_MAX;
}

/* "0x" alone is octal 0 with an x behind, and so no number */
static unsigned int find_base(const char *s)
{
	if (s[0] != '0')
		return 10;
	return (s[1] | 0x20) == 'x' && digit(s[2]) < 16 ? 16 : 8;
}

int kstrtoull(const char *s, unsigned int base, unsigned long long *res)
{
	unsigned long long value = 0;
	const char *first;
	int rc = 0;

	s += *s == '+';
	if (!base)
		base = find_base(s);
	if (base == 16 && s[0] == '0' && (s[1] | 0x20) == 'x')
		s += 2;
	for (first = s; digit(*s) < (int)base; s++)
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit(*s), &value))
			rc = -ERANGE;
	if (rc)
		return rc;
	if (s == first)
		return -EINVAL;
	s += *s == '\n';
	if (*s)
		return -EINVAL;
	*res = value;
	return 0;
}

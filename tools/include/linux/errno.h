/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef UNIT_LINUX_ERRNO_H
#define UNIT_LINUX_ERRNO_H

/* The C library includes this one: the numbers are the kernel's own */
#include_next <linux/errno.h>

#endif

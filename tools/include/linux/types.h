/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef UNIT_LINUX_TYPES_H
#define UNIT_LINUX_TYPES_H

/* The C library includes this one too */
#include_next <linux/types.h>

#include <stdbool.h>
#include <stddef.h>

/* As the kernel has them on every architecture: %llx prints a u64 */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#endif

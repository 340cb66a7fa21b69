/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef UNIT_LINUX_CTYPE_H
#define UNIT_LINUX_CTYPE_H

#include <ctype.h>

/* The kernel's takes any char, the C library's only an unsigned one */
#undef toupper
#define toupper(c)	((toupper)((unsigned char)(c)))

#endif

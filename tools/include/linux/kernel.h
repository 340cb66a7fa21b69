/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef UNIT_LINUX_KERNEL_H
#define UNIT_LINUX_KERNEL_H

int kstrtoull(const char *s, unsigned int base, unsigned long long *res);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef UNIT_LINUX_MINMAX_H
#define UNIT_LINUX_MINMAX_H

#define UNIT_PICK(x, op, y) ({	\
	__auto_type x_ = (x);	\
	__auto_type y_ = (y);	\
				\
	x_ op y_ ? x_ : y_;	\
})

#define max(x, y)	UNIT_PICK(x, >, y)
#define min(x, y)	UNIT_PICK(x, <, y)

#endif

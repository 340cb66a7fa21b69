/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /run/cxl-presize/<address>: what a device had before it was bound by us, and
 * gets back from release. It is gone after a boot, as the old driver is.
 */
#ifndef TOOLS_RECORD_H
#define TOOLS_RECORD_H

#include <stdbool.h>

struct record {
	char driver[64];	/* empty: none was bound */
	char override[64];	/* empty: there was none */
};

/* False where there is no record */
bool record_read(const char *bdf, struct record *record);
int record_write(const char *bdf, const struct record *record);
void record_remove(const char *bdf);

/*
 * One at a time binds or releases a device: udev may be at it, too. Returns
 * what to close, or a negative errno.
 */
int record_lock(const char *bdf);

#endif /* TOOLS_RECORD_H */

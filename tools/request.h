/* SPDX-License-Identifier: GPL-2.0-only */
/* The request of a device: cxl_region/size, and why it was refused */
#ifndef TOOLS_REQUEST_H
#define TOOLS_REQUEST_H

#include "actions.h"
#include "amount.h"
#include "device.h"
#include "error.h"

/* What @amount is in bytes, for this device */
int request_resolve(struct device *dev, const struct amount *amount,
		    uint64_t *bytes, struct error *err);

/*
 * The error that a write of root to a device without a driver would get, by
 * what can be seen now; 0 where it would be taken.
 */
int request_check(struct device *dev, uint64_t bytes);

/* Says in @err why a write of @bytes got the errno @rc; returns -1 */
int request_explain(struct device *dev, uint64_t bytes, int rc,
		    struct error *err);

/*
 * Writes @bytes, or in a dry run tells whether that would be taken; @unbound:
 * as if no driver were bound, since an earlier step would have unbound it
 */
int request_set(const struct actions *actions, struct device *dev,
		uint64_t bytes, bool unbound, struct error *err);

#endif /* TOOLS_REQUEST_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/* Who would lose something if a driver let go of its device */
#ifndef TOOLS_USE_H
#define TOOLS_USE_H

#include "device.h"
#include "error.h"

/* -1 with @err filled where a VM, or the system itself, uses the device */
int use_check(struct device *dev, struct error *err);

#endif /* TOOLS_USE_H */

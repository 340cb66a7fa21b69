/* SPDX-License-Identifier: GPL-2.0-only */
/* Giving a device to a driver of choice, and back */
#ifndef TOOLS_BIND_H
#define TOOLS_BIND_H

#include "actions.h"
#include "device.h"
#include "error.h"

struct bind_request {
	const char *driver;
	bool has_size;
	uint64_t bytes;
	bool force;
};

/* Whether driver, request and state are as wanted already */
bool bind_agrees(struct device *dev, const struct bind_request *want);

/*
 * In the order in which nothing can go wrong between two steps: load the
 * module, unbind the other driver, write the size, override, probe. When the
 * driver does not take the device, it is given back to who had it.
 */
int bind_device(const struct actions *actions, struct device *dev,
		const struct bind_request *want, struct error *err);

/* Unbinds, and gives the device back to what the record says */
int bind_release(const struct actions *actions, struct device *dev, bool force,
		 struct error *err);

#endif /* TOOLS_BIND_H */

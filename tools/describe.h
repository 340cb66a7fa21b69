/* SPDX-License-Identifier: GPL-2.0-only */
/* A device as an object of the output */
#ifndef TOOLS_DESCRIBE_H
#define TOOLS_DESCRIBE_H

#include "device.h"
#include "out.h"

/* What list shows */
struct json_object *describe_device(struct device *dev);

/* What show adds */
struct json_object *describe_device_in_full(struct device *dev);

extern const struct view describe_table;
extern const struct view describe_record;

#endif /* TOOLS_DESCRIBE_H */

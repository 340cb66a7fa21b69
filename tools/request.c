// SPDX-License-Identifier: GPL-2.0-only
/* See request.h */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "request.h"
#include "sysfs.h"

#define BYTES "%s (%#" PRIx64 " bytes)"

static uint64_t value_of(struct device *dev, const char *attr)
{
	uint64_t value;

	device_region_u64(dev, attr, &value);
	return value;
}

int request_resolve(struct device *dev, const struct amount *amount,
		    uint64_t *bytes, struct error *err)
{
	uint64_t align = value_of(dev, "size_align"), available;
	char text[AMOUNT_TEXT];

	if (!amount_resolve(amount, value_of(dev, "size_max"), align, bytes)) {
		if (*bytes || amount->kind == AMOUNT_BYTES)
			return 0;
		error_what(err, "%s of %s is nothing", amount->text, dev->bdf);
		error_why(err, "that is less than %s, the least a region can have",
			  amount_format(align, text));
		error_limit(err, "%s", dev->bdf);
		return error_fix(err, "give a larger part, or a number");
	}
	error_what(err, "%s of %s is not known", amount->text, dev->bdf);
	error_why(err, "the device does not say how much memory it has");
	error_limit(err, "%s", dev->bdf);
	available = value_of(dev, "available");
	if (!available)
		return error_fix(err, "give a number");
	return error_fix(err, "give a number; the windows have room for %s",
			 amount_format(available, text));
}

static bool firmware_differs(struct device *dev, uint64_t bytes)
{
	char state[32];

	device_region_read(dev, "state", state, sizeof(state));
	return bytes && !strcmp(state, "firmware") &&
	       bytes != value_of(dev, "available");
}

int request_check(struct device *dev, uint64_t bytes)
{
	uint64_t align = value_of(dev, "size_align");
	uint64_t capacity = value_of(dev, "size_max");

	if (align && bytes % align)
		return -EINVAL;
	if (capacity && bytes > capacity)
		return -ENOSPC;
	return firmware_differs(dev, bytes) ? -EOPNOTSUPP : 0;
}

/* The checks of a write, in the kernel's order but for the text's */
static int dry_write(struct device *dev, uint64_t bytes, bool unbound)
{
	char driver[64] = "";

	if (geteuid())
		return -EPERM;
	if (!unbound)
		device_driver(dev, driver, sizeof(driver));
	return driver[0] ? -EBUSY : request_check(dev, bytes);
}

static int explain_align(struct device *dev, uint64_t bytes, struct error *err)
{
	uint64_t align = value_of(dev, "size_align");
	char unit[AMOUNT_TEXT], below[AMOUNT_TEXT], above[AMOUNT_TEXT];

	if (!align)
		align = 1;
	error_why(err, "%#" PRIx64 " bytes are not a multiple of " BYTES ", the unit of host physical addresses",
		  bytes, amount_format(align, unit), align);
	error_limit(err, "%s/cxl_region/size_align", dev->bdf);
	amount_format(bytes - bytes % align, below);
	amount_format(bytes - bytes % align + align, above);
	if (bytes < align)
		return error_fix(err, "%s", above);
	return error_fix(err, "%s or %s", below, above);
}

static int explain_driver(struct device *dev, struct error *err)
{
	char driver[64];

	device_driver(dev, driver, sizeof(driver));
	error_why(err, "driver %s is bound, and a size is taken only while none is",
		  driver[0] ? driver : "(gone meanwhile)");
	error_limit(err, "driver %s", driver);
	return error_fix(err, "cxl-presize bind %s SIZE, which unbinds it first, or cxl-presize release %s",
			 dev->bdf, dev->bdf);
}

static int explain_capacity(struct device *dev, struct error *err)
{
	uint64_t capacity = value_of(dev, "size_max");
	char text[AMOUNT_TEXT], source[32];

	device_region_read(dev, "size_max_source", source, sizeof(source));
	error_why(err, "the device has " BYTES ", known from %s",
		  amount_format(capacity, text), capacity, source);
	error_limit(err, "%s", dev->bdf);
	return error_fix(err, "max, or at most %s", text);
}

static int explain_firmware(struct device *dev, struct error *err)
{
	uint64_t committed = value_of(dev, "available");
	char text[AMOUNT_TEXT];

	error_why(err, "firmware committed an HDM decoder for " BYTES ", which is used as it is",
		  amount_format(committed, text), committed);
	error_limit(err, "an HDM decoder of %s", dev->bdf);
	return error_fix(err, "%s, or nothing at all; another size has to be configured in the firmware",
			 text);
}

int request_explain(struct device *dev, uint64_t bytes, int rc,
		    struct error *err)
{
	char text[AMOUNT_TEXT];

	error_what(err, "%s cannot be requested for %s",
		   bytes ? amount_format(bytes, text) : "no size", dev->bdf);
	switch (rc) {
	case -EPERM:
	case -EACCES:
		error_why(err, "this takes root (CAP_SYS_ADMIN)");
		error_limit(err, "the user");
		return error_fix(err, "the same with sudo");
	case -EINVAL:
		return explain_align(dev, bytes, err);
	case -EBUSY:
		return explain_driver(dev, err);
	case -ENOSPC:
		return explain_capacity(dev, err);
	case -EOPNOTSUPP:
		return explain_firmware(dev, err);
	case -ENOENT:
	case -ENODEV:
		error_why(err, "the device is gone, or module cxl-presize is");
		error_limit(err, "%s", dev->bdf);
		return error_fix(err, "cxl-presize list");
	}
	error_why(err, "the kernel answers: %s", strerror(-rc));
	error_limit(err, "%s/cxl_region/size", dev->bdf);
	return error_fix(err, "cxl-presize doctor %s", dev->bdf);
}

int request_set(const struct actions *actions, struct device *dev,
		uint64_t bytes, bool unbound, struct error *err)
{
	char text[32];
	int rc;

	snprintf(text, sizeof(text), "%#" PRIx64, bytes);
	rc = actions->dry_run ? dry_write(dev, bytes, unbound) : 0;
	if (!rc)
		rc = action_write(actions, dev->path, "cxl_region/size", text);
	return rc ? request_explain(dev, bytes, rc, err) : 0;
}

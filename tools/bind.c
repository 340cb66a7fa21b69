// SPDX-License-Identifier: GPL-2.0-only
/* See bind.h */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "amount.h"
#include "bind.h"
#include "conf.h"
#include "module.h"
#include "record.h"
#include "request.h"
#include "sysfs.h"
#include "use.h"

static void read_override(struct device *dev, char *buf, size_t size)
{
	sysfs_read(dev->path, "driver_override", buf, size);
	if (!strcmp(buf, "(null)"))
		buf[0] = 0;
}

bool bind_agrees(struct device *dev, const struct bind_request *want)
{
	char driver[64], state[32];
	uint64_t size;

	device_driver(dev, driver, sizeof(driver));
	device_region_read(dev, "state", state, sizeof(state));
	device_region_u64(dev, "size", &size);
	return !strcmp(driver, want->driver) && strcmp(state, "failed") &&
	       (!want->has_size || size == want->bytes);
}

/* What a failed write to a file of the PCI core means */
static int explain_write(struct device *dev, const char *what, int rc,
			 struct error *err)
{
	error_what(err, "%s: %s", dev->bdf, what);
	if (rc == -EACCES || rc == -EPERM) {
		error_why(err, "this takes root");
		error_limit(err, "the user");
		return error_fix(err, "the same with sudo");
	}
	error_why(err, "the kernel answers: %s", strerror(-rc));
	error_limit(err, "%s", dev->bdf);
	return error_fix(err, "look into the kernel log (dmesg)");
}

static int unbind(const struct actions *actions, struct device *dev,
		  struct error *err)
{
	char driver[64];
	int rc;

	device_driver(dev, driver, sizeof(driver));
	if (!driver[0])
		return 0;
	rc = action_write(actions, dev->path, "driver/unbind", dev->bdf);
	if (!rc || rc == -ENOENT || rc == -ENODEV)
		return 0;
	return explain_write(dev, "its driver cannot be unbound", rc, err);
}

static int override(const struct actions *actions, struct device *dev,
		    const char *driver, struct error *err)
{
	int rc = action_write(actions, dev->path, "driver_override",
			      *driver ? driver : "\n");

	return rc ? explain_write(dev, "driver_override cannot be written", rc,
				  err) : 0;
}

/* The answer of a probe is no answer: what counts is who is bound after it */
static void probe(const struct actions *actions, struct device *dev)
{
	action_write(actions, SYSFS_PCI, "drivers_probe", dev->bdf);
}

/* The sentence names what limits; as an object, the first word that is one */
static void limit_from(const char *sentence, struct device *dev,
		       struct error *err)
{
	char text[512], *rest = text, *word;

	error_limit(err, "%s", dev->bdf);
	snprintf(text, sizeof(text), "%s", sentence);
	while ((word = strsep(&rest, " ,"))) {
		if (!*word || strchr(word, '/') || !isalnum((unsigned char)*word))
			continue;
		if (sysfs_exists(SYSFS_CXL, word) ||
		    sysfs_exists(SYSFS_PCI "/devices", word)) {
			error_limit(err, "%s", word);
			return;
		}
	}
}

static void fix_from(struct device *dev, struct error *err)
{
	uint64_t size, available;
	char text[AMOUNT_TEXT];

	device_region_u64(dev, "size", &size);
	device_region_u64(dev, "available", &available);
	if (available && available < size)
		error_fix(err, "cxl-presize bind %s %s", dev->bdf,
			  amount_format(available, text));
	else
		error_fix(err, "cxl-presize doctor %s", dev->bdf);
}

static int explain_bind(struct device *dev, const struct bind_request *want,
			struct error *err)
{
	char sentence[512], driver[64];

	error_what(err, "driver %s did not take %s", want->driver, dev->bdf);
	device_region_read(dev, "error", sentence, sizeof(sentence));
	device_driver(dev, driver, sizeof(driver));
	if (sentence[0])
		error_why(err, "%s", sentence);
	else if (driver[0])
		error_why(err, "driver %s was bound meanwhile", driver);
	else
		error_why(err, "its probe failed, and said no reason in cxl_region/error");
	limit_from(sentence, dev, err);
	fix_from(dev, err);
	return -1;
}

static bool is_bound(struct device *dev, const struct bind_request *want)
{
	char driver[64], state[32];

	device_driver(dev, driver, sizeof(driver));
	device_region_read(dev, "state", state, sizeof(state));
	return !strcmp(driver, want->driver) && strcmp(state, "failed");
}

static int probe_wanted(const struct actions *actions, struct device *dev,
			const struct bind_request *want, struct error *err)
{
	if (override(actions, dev, want->driver, err))
		return -1;
	probe(actions, dev);
	if (actions->dry_run || is_bound(dev, want))
		return 0;
	return explain_bind(dev, want, err);
}

/* Nothing to be done about what fails here; the first error is the one told */
static void give_back(const struct actions *actions, struct device *dev,
		      const struct record *before)
{
	struct error ignored;

	override(actions, dev, before->override, &ignored);
	if (before->driver[0])
		probe(actions, dev);
	record_remove(dev->bdf);
}

static int load_driver(const struct actions *actions,
		       const struct bind_request *want, struct error *err)
{
	if (sysfs_exists(SYSFS_PCI "/drivers", want->driver))
		return 0;
	if (module_load(actions, want->driver, err))
		return -1;
	if (actions->dry_run ||
	    sysfs_exists(SYSFS_PCI "/drivers", want->driver))
		return 0;
	error_what(err, "there is no PCI driver %s", want->driver);
	error_why(err, "the module of that name is loaded, and has none");
	error_limit(err, "module %s", want->driver);
	return error_fix(err, "ls " SYSFS_PCI "/drivers");
}

/* What was there before the first bind by us is what release restores */
static int keep_record(const struct actions *actions, struct device *dev,
		       struct record *before, struct error *err)
{
	int rc;

	if (record_read(dev->bdf, before))
		return 0;
	device_driver(dev, before->driver, sizeof(before->driver));
	read_override(dev, before->override, sizeof(before->override));
	if (actions->dry_run)
		return 0;
	rc = record_write(dev->bdf, before);
	return rc ? explain_write(dev, "what it has now cannot be noted in /run/cxl-presize",
				  rc, err) : 0;
}

static int bind_locked(const struct actions *actions, struct device *dev,
		       const struct bind_request *want, struct error *err)
{
	struct record before;

	if (!want->force && use_check(dev, err))
		return -1;
	if (load_driver(actions, want, err) ||
	    keep_record(actions, dev, &before, err))
		return -1;
	if (!unbind(actions, dev, err) &&
	    (!want->has_size ||
	     !request_set(actions, dev, want->bytes, true, err)) &&
	    !probe_wanted(actions, dev, want, err))
		return 0;
	if (!actions->dry_run)
		give_back(actions, dev, &before);
	return -1;
}

static int lock(const struct actions *actions, struct device *dev,
		struct error *err)
{
	int fd = actions->dry_run ? -1 : record_lock(dev->bdf);

	if (fd < 0 && !actions->dry_run)
		return explain_write(dev, "it cannot be locked in /run/cxl-presize",
				     fd, err);
	return fd;
}

int bind_device(const struct actions *actions, struct device *dev,
		const struct bind_request *want, struct error *err)
{
	int fd = lock(actions, dev, err), rc;

	if (fd < 0 && !actions->dry_run)
		return -1;
	rc = bind_agrees(dev, want) ? 0 : bind_locked(actions, dev, want, err);
	if (fd >= 0)
		close(fd);
	return rc;
}

/* The old driver has the device in its table, or else takes it by name */
static int restore(const struct actions *actions, struct device *dev,
		   const struct record *before, struct error *err)
{
	char driver[64];

	if (override(actions, dev, before->override, err))
		return -1;
	probe(actions, dev);
	if (actions->dry_run)
		return 0;
	device_driver(dev, driver, sizeof(driver));
	if (!strcmp(driver, before->driver) || !before->driver[0]) {
		record_remove(dev->bdf);
		return 0;
	}
	error_what(err, "%s did not get its driver %s back", dev->bdf,
		   before->driver);
	error_why(err, "%s after it was probed", driver[0] ? driver :
		  "no driver is bound");
	error_limit(err, "driver %s", before->driver);
	return error_fix(err, "modprobe %s, and cxl-presize release %s again",
			 before->driver, dev->bdf);
}

/* Neither we nor anybody else ever gave it to a driver of choice */
static bool never_bound(struct device *dev, struct record *before)
{
	char override[64], driver[64];

	if (record_read(dev->bdf, before))
		return false;
	read_override(dev, override, sizeof(override));
	device_driver(dev, driver, sizeof(driver));
	return !override[0] && strcmp(driver, CONF_DRIVER);
}

int bind_release(const struct actions *actions, struct device *dev, bool force,
		 struct error *err)
{
	int fd = lock(actions, dev, err), rc = -1;
	struct record before;

	if (fd < 0 && !actions->dry_run)
		return -1;
	if (never_bound(dev, &before))
		rc = 0;
	else if ((force || !use_check(dev, err)) && !unbind(actions, dev, err))
		rc = restore(actions, dev, &before, err);
	if (fd >= 0)
		close(fd);
	return rc;
}

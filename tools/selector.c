// SPDX-License-Identifier: GPL-2.0-only
/* See selector.h */
#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "selector.h"
#include "sysfs.h"

static bool parse_address(const char *text, struct selector *sel)
{
	unsigned int domain = 0, bus, slot, function;
	int end = 0;

	if (!isxdigit((unsigned char)*text))
		return false;
	if (sscanf(text, "%8x:%2x:%2x.%1x%n", &domain, &bus, &slot, &function,
		   &end) != 4 || text[end]) {
		domain = 0;
		end = 0;
		if (sscanf(text, "%2x:%2x.%1x%n", &bus, &slot, &function,
			   &end) != 3 || text[end])
			return false;
	}
	if (slot > 31 || function > 7 || strpbrk(text, "+-xX "))
		return false;
	snprintf(sel->text, sizeof(sel->text), "%04x:%02x:%02x.%x", domain,
		 bus, slot, function);
	sel->kind = SELECT_ADDRESS;
	return true;
}

/* Digits alone: neither a sign nor a space in front, as strtoull() takes */
static bool parse_serial(const char *text, struct selector *sel)
{
	char *end;

	sel->kind = SELECT_SERIAL;
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	sel->serial = strtoull(text, &end, 0);
	return !errno && !*end;
}

/* Four hexadecimal digits, and what is behind them */
static const char *parse_id(const char *text, uint16_t *id)
{
	char digits[5];

	if (strspn(text, "0123456789abcdefABCDEF") != 4)
		return NULL;
	memcpy(digits, text, 4);
	digits[4] = 0;
	*id = strtoul(digits, NULL, 16);
	return text + 4;
}

static bool parse_ids(const char *text, struct selector *sel)
{
	uint16_t *const ids[] = {
		&sel->ids.vendor, &sel->ids.device,
		&sel->ids.subvendor, &sel->ids.subdevice,
	};
	int nr = 0;

	sel->kind = SELECT_IDS;
	while ((text = parse_id(text, ids[nr]))) {
		nr++;
		if (!*text)
			break;
		if (nr == 4 || *text++ != ':')
			return false;
	}
	sel->subsystem = nr == 4;
	return text && (nr == 2 || nr == 4);
}

static bool parse_path(const char *text, struct selector *sel)
{
	sel->kind = SELECT_PATH;
	return *text && *text != '/' && !strpbrk(text, " \t");
}

static bool parse_memdev(const char *text, struct selector *sel)
{
	size_t digits;

	if (strncmp(text, "mem", 3))
		return false;
	digits = strspn(text + 3, "0123456789");
	sel->kind = SELECT_MEMDEV;
	return digits && !text[3 + digits];
}

/* Whatever a slot is called, it is the name of one folder */
static bool parse_slot(const char *text, struct selector *sel)
{
	sel->kind = SELECT_SLOT;
	return *text != '.' && !strpbrk(text, "/ \t\n:");
}

int selector_parse(const char *text, struct selector *sel)
{
	bool ok;

	memset(sel, 0, sizeof(*sel));
	if (!*text || strlen(text) >= sizeof(sel->text))
		return -EINVAL;
	strcpy(sel->text, text);
	if (!strncmp(text, "serial:", 7))
		ok = parse_serial(text + 7, sel);
	else if (!strncmp(text, "path:", 5))
		ok = parse_path(text + 5, sel);
	else
		ok = parse_address(text, sel) || parse_ids(text, sel) ||
		     parse_memdev(text, sel) || parse_slot(text, sel);
	return ok ? 0 : -EINVAL;
}

bool selector_lasts(const struct selector *sel)
{
	return sel->kind != SELECT_MEMDEV && sel->kind != SELECT_SLOT;
}

static bool ids_match(const struct selector *sel, struct device *dev)
{
	struct device_ids ids;

	device_ids(dev, &ids);
	if (ids.vendor != sel->ids.vendor || ids.device != sel->ids.device)
		return false;
	return !sel->subsystem || (ids.subvendor == sel->ids.subvendor &&
				   ids.subdevice == sel->ids.subdevice);
}

static bool serial_matches(const struct selector *sel, struct device *dev)
{
	uint64_t serial;

	return device_serial(dev, &serial) && serial == sel->serial;
}

/* Below /sys/devices; a star goes over slashes too */
static bool path_matches(const struct selector *sel, struct device *dev)
{
	const char *path = strstr(dev->path, "/devices/");

	return path && !fnmatch(sel->text + strlen("path:"),
				path + strlen("/devices/"), 0);
}

bool selector_matches(const struct selector *sel, struct device *dev)
{
	char name[64];

	switch (sel->kind) {
	case SELECT_ADDRESS:
		return !strcasecmp(dev->bdf, sel->text);
	case SELECT_SERIAL:
		return serial_matches(sel, dev);
	case SELECT_IDS:
		return ids_match(sel, dev);
	case SELECT_PATH:
		return path_matches(sel, dev);
	case SELECT_MEMDEV:
		device_memdev(dev, name, sizeof(name));
		return !strcmp(name, sel->text);
	case SELECT_SLOT:
		device_slot(dev, name, sizeof(name));
		return !strcmp(name, sel->text);
	}
	return false;
}

struct search {
	const struct selector *sel;
	unsigned int nr;
	char first[SYSFS_PATH];
	char all[256];
};

static int note_match(struct device *dev, void *data)
{
	struct search *search = data;
	size_t len = strlen(search->all);

	if (!selector_matches(search->sel, dev))
		return 0;
	if (!search->nr++)
		snprintf(search->first, sizeof(search->first), "%s", dev->path);
	if (search->nr <= 8)
		snprintf(search->all + len, sizeof(search->all) - len, "%s%s",
			 len ? ", " : "", dev->bdf);
	return 0;
}

static void not_found(const struct selector *sel, struct error *err)
{
	char dir[SYSFS_PATH];

	error_what(err, "no device with CXL memory is %s", sel->text);
	snprintf(dir, sizeof(dir), SYSFS_PCI "/devices/%s", sel->text);
	if (!sysfs_exists("/sys/module", "cxl_presize")) {
		error_why(err, "module cxl-presize is not loaded, and without it no device shows its CXL memory");
		error_limit(err, "cxl-presize.ko");
		error_fix(err, "modprobe cxl-presize");
		return;
	}
	error_limit(err, "%s", sel->text);
	if (sel->kind == SELECT_ADDRESS && sysfs_exists(dir, "vendor"))
		error_why(err, "PCI device %s has no CXL Device DVSEC with Mem_Capable set, or is not function 0",
			  sel->text);
	else
		error_why(err, "nothing that is there answers to it");
	error_fix(err, "cxl-presize list");
}

/* An address needs no look at the others, of which there may be thousands */
static int find_by_address(struct host *host, const struct selector *sel,
			   struct device *dev)
{
	char path[SYSFS_PATH];

	snprintf(path, sizeof(path), SYSFS_PCI "/devices/%s", sel->text);
	if (!sysfs_exists(path, "cxl_region/state"))
		return -ENODEV;
	return device_open(host, dev, path);
}

int selector_find(struct host *host, const char *text, struct device *dev,
		  struct error *err)
{
	struct selector sel;
	struct search search = { .sel = &sel };

	if (selector_parse(text, &sel)) {
		error_what(err, "'%s' is no device", text);
		error_why(err, "a device is a PCI address, serial:NUMBER, VENDOR:DEVICE, path:GLOB, a slot or a CXL memdev");
		error_limit(err, "the argument '%s'", text);
		error_fix(err, "cxl-presize list");
		return -EINVAL;
	}
	if (sel.kind == SELECT_ADDRESS) {
		if (!find_by_address(host, &sel, dev))
			return 0;
	} else {
		devices_each(host, note_match, &search);
		if (search.nr == 1 && !device_open(host, dev, search.first))
			return 0;
	}
	if (search.nr <= 1) {
		not_found(&sel, err);
		return -ENODEV;
	}
	error_what(err, "%s is %u devices", text, search.nr);
	error_why(err, "they are %s%s", search.all,
		  search.nr > 8 ? " and more" : "");
	error_limit(err, "%s", text);
	error_fix(err, "give the address of one of them");
	return -EEXIST;
}

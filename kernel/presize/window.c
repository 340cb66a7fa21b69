// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fixed memory windows (CXL 3.1 9.18.1.3) that reach a device
 *
 * A window is a root decoder of the CXL core. It reaches a device when the
 * host bridge of the device is among its targets.
 */
#include <linux/acpi.h>
#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/kernfs.h>
#include <linux/kstrtox.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/range.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "cxl_core.h"
#include "presize.h"
#include "size.h"

/* Of all windows, the one that comes nearest to what is asked explains most */
enum verdict {
	NO_WINDOW,
	NOT_ALLOWED,
	INTERLEAVED,
	NO_ROOM,
	FITS,
};

struct scan {
	struct presize_search *search;
	struct device *root_port;
	struct device *bridge;
	enum verdict best;
	/* the error, where something could not be read */
	int unread;
};

struct taken {
	struct range *ranges;
	unsigned int nr, max;
};

static struct device *host_bridge_of(struct pci_dev *pdev)
{
	struct pci_bus *bus = pdev->bus;

	while (bus->parent)
		bus = bus->parent;
	return bus->bridge;
}

/* The device that the root port hangs on; there is one, by specification */
static struct device *get_cxl_root_host(void)
{
	struct acpi_device *adev = acpi_dev_get_first_match_dev("ACPI0017",
								NULL, -1);
	struct device *host;

	if (!adev)
		return NULL;
	host = bus_find_device(&platform_bus_type, NULL, adev,
			       device_match_acpi_dev);
	acpi_dev_put(adev);
	return host;
}

/* Link dport<id> of a port leads to the device that is this target */
static bool is_target(struct scan *scan, const char *id)
{
	char name[32];
	struct kernfs_node *link;
	bool match;

	snprintf(name, sizeof(name), "dport%s", id);
	link = kernfs_find_and_get(scan->root_port->kobj.sd, name);
	if (!link)
		return false;
	match = kernfs_type(link) == KERNFS_LINK &&
		link->symlink.target_kn == scan->bridge->kobj.sd;
	kernfs_put(link);
	return match;
}

static bool reaches(struct scan *scan, struct device *window, char *buf,
		    unsigned int *targets)
{
	bool found = false;
	char *id;
	int rc;

	*targets = 0;
	rc = cxl_core_show(window, "target_list", buf);
	if (rc < 0)
		scan->unread = rc;
	if (rc <= 0)
		return false;
	while ((id = strsep(&buf, ","))) {
		(*targets)++;
		if (is_target(scan, id))
			found = true;
	}
	return found;
}

static u64 read_u64(struct scan *scan, struct device *window, const char *name)
{
	u64 value = 0;
	int rc = cxl_core_read_u64(window, name, &value);

	if (rc)
		scan->unread = rc;
	return value;
}

/* A locked window is the firmware's to configure (CFMWS, fixed configuration) */
static bool allows(struct scan *scan, struct device *window)
{
	return read_u64(scan, window, "cap_ram") &&
	       !read_u64(scan, window, "locked") &&
	       read_u64(scan, window, scan->search->host_only ? "cap_type3" :
								"cap_type2");
}

static int count_region(struct device *dev, void *data)
{
	struct taken *taken = data;

	taken->max += is_cxl_region(dev);
	return 0;
}

static int note_region(struct device *dev, void *data)
{
	struct taken *taken = data;
	u64 start, size;

	if (!is_cxl_region(dev) || taken->nr == taken->max ||
	    cxl_core_read_u64(dev, "size", &size) || !size ||
	    cxl_core_read_u64(dev, "resource", &start))
		return 0;
	taken->ranges[taken->nr++] = DEFINE_RANGE(start, start + size - 1);
	return 0;
}

/* No room is the answer too where the question cannot be answered */
static u64 largest_free(struct scan *scan, struct device *window,
			struct range *hpa)
{
	u64 start = read_u64(scan, window, "start");
	u64 size = read_u64(scan, window, "size");
	struct taken taken = {};
	u64 gap;

	if (!size || scan->unread)
		return 0;
	*hpa = DEFINE_RANGE(start, start + size - 1);

	guard(mutex)(cxl_core_regions_lock(window));
	device_for_each_child(window, &taken, count_region);
	taken.ranges = kcalloc(taken.max, sizeof(*taken.ranges), GFP_KERNEL);
	if (!taken.ranges) {
		scan->unread = -ENOMEM;
		return 0;
	}
	device_for_each_child(window, &taken, note_region);
	gap = presize_largest_gap(hpa, taken.ranges, taken.nr, PRESIZE_ALIGN);
	kfree(taken.ranges);
	return gap;
}

__printf(4, 5)
static void judge(struct scan *scan, enum verdict verdict, int err,
		  const char *fmt, ...)
{
	struct presize_search *search = scan->search;
	va_list args;

	if (verdict < scan->best)
		return;
	scan->best = verdict;
	search->err = err;
	va_start(args, fmt);
	vscnprintf(search->why, sizeof(search->why), fmt, args);
	va_end(args);
}

static void judge_room(struct scan *scan, struct device *window)
{
	struct presize_search *search = scan->search;
	struct range hpa = {};
	u64 gap = largest_free(scan, window, &hpa);

	if (gap > search->available) {
		search->available = gap;
	} else if (scan->best == NO_ROOM) {
		/* the window with more room is named already */
		return;
	}
	if (gap < search->size || !gap) {
		judge(scan, NO_ROOM, -ERANGE,
		      "window %s (%#llx bytes at %#llx) has %#llx bytes free in one piece, %#llx are needed",
		      dev_name(window), range_len(&hpa), hpa.start, gap,
		      search->size);
		return;
	}
	if (search->window)
		return;
	judge(scan, FITS, 0, "%s", "");
	search->window = get_device(window);
}

static int scan_window(struct device *dev, void *data)
{
	char *buf __free(presize_page) = presize_get_page();
	struct scan *scan = data;
	unsigned int targets;

	if (!buf)
		scan->unread = -ENOMEM;
	if (!buf || !is_root_decoder(dev) ||
	    !reaches(scan, dev, buf, &targets))
		return 0;
	if (!allows(scan, dev))
		judge(scan, NOT_ALLOWED, -ENXIO,
		      "window %s does not allow volatile %s memory",
		      dev_name(dev), scan->search->host_only ? "host-only" :
							       "device-coherent");
	else if (targets > 1)
		judge(scan, INTERLEAVED, -EOPNOTSUPP,
		      "window %s interleaves %u host bridges, a region for one device cannot be in it",
		      dev_name(dev), targets);
	else
		judge_room(scan, dev);
	return 0;
}

static int match_port(struct device *dev, const void *unused)
{
	return is_cxl_port(dev);
}

/**
 * presize_search_windows - find the window for a region
 * @search: what is wanted, and the result; the caller puts @search->window
 *
 * Context: may sleep; takes device_lock of the CXL root's platform device,
 * which keeps the windows and their targets in place, and inside it the locks
 * of the CXL core.
 */
void presize_search_windows(struct presize_search *search)
{
	struct device *host __free(put_device) = get_cxl_root_host();
	struct scan scan = {
		.search = search,
		.bridge = host_bridge_of(search->pdev),
	};

	search->window = NULL;
	search->available = 0;
	if (!host) {
		judge(&scan, NO_WINDOW, -ENXIO,
		      "this platform has no CXL (no ACPI0017 device)");
		return;
	}

	guard(device)(host);
	struct device *root_port __free(put_device) =
		host->driver ? device_find_child(host, NULL, match_port) : NULL;
	if (!root_port) {
		judge(&scan, NO_WINDOW, -ENXIO,
		      "CXL root %s has no driver, is cxl_acpi loaded?",
		      dev_name(host));
		return;
	}
	scan.root_port = root_port;
	judge(&scan, NO_WINDOW, -ENXIO,
	      "no fixed memory window reaches host bridge %s",
	      dev_name(scan.bridge));
	device_for_each_child(root_port, &scan, scan_window);
	if (scan.unread && !search->window)
		judge(&scan, FITS, scan.unread,
		      "the windows below %s cannot be read: %pe",
		      dev_name(root_port), ERR_PTR(scan.unread));
}

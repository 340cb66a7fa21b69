// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a region, before its driver lets go of it
 *
 * Root can delete the region, unbind a port or the memdev, or unload cxl_acpi.
 * The CXL bus tells of each before it happens. Then mappings go first, and
 * decoders after them.
 */
#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/pci.h>
#include <linux/sysfs.h>

#include "cxl_core.h"
#include "deliver.h"

static bool mark_gone(struct presize_delivery *d)
{
	guard(mutex)(&d->lock);
	if (d->gone)
		return false;
	d->gone = true;
	return true;
}

/*
 * A region that we built is unlocked, so that the core resets its decoders.
 * One of firmware keeps them.
 */
static void lose(struct presize_delivery *d, struct device *dev,
		 const char *what)
{
	if (!mark_gone(d))
		return;
	if (d->region_dev && !d->region.firmware)
		cxl_core_lock_region(d->region_dev, false);
	scoped_guard(mutex, &d->client_lock)
		if (d->ops)
			d->ops->revoke(d->client);
	presize_fail(d->pd, -ENODEV, "%s was %s while a driver used it",
		     dev_name(dev), what);
}

static bool on_path(struct presize_delivery *d, struct device *dev)
{
	for (unsigned int i = 0; i < d->path_len; i++)
		if (d->path[i] == dev)
			return true;
	return dev == cxl_core_memdev_dev(d->cxlmd);
}

/*
 * The memdev is not owned while it loses its port: see cxl_core_own_memdev().
 * It is again when cxl_mem tries to bind to it once more, which is refused.
 */
static int cxl_event(struct notifier_block *nb, unsigned long event, void *data)
{
	struct presize_delivery *d = container_of(nb, typeof(*d), nb);
	struct device *dev = data;

	switch (event) {
	case BUS_NOTIFY_DEL_DEVICE:
		if (dev == d->region_dev)
			lose(d, dev, "deleted");
		break;
	case BUS_NOTIFY_UNBIND_DRIVER:
		if (on_path(d, dev))
			cxl_core_own_memdev(d->cxlmd, false);
		if (on_path(d, dev) || dev == d->region_dev)
			lose(d, dev, "disabled");
		break;
	case BUS_NOTIFY_BIND_DRIVER:
		if (dev == cxl_core_memdev_dev(d->cxlmd) && READ_ONCE(d->gone))
			cxl_core_own_memdev(d->cxlmd, true);
		break;
	}
	return NOTIFY_DONE;
}

/**
 * presize_watch - listen for the end of a region
 * @d: the delivery, joined to the topology; its region is made later
 *
 * Return: 0 or a negative error.
 */
int presize_watch(struct presize_delivery *d)
{
	d->nb.notifier_call = cxl_event;
	return bus_register_notifier(&cxl_bus_type, &d->nb);
}

/**
 * presize_unwatch - undo presize_watch()
 * @d: the delivery
 *
 * Upon return no event is being handled.
 */
void presize_unwatch(struct presize_delivery *d)
{
	bus_unregister_notifier(&cxl_bus_type, &d->nb);
}

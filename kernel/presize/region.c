// SPDX-License-Identifier: GPL-2.0-only
/* The region itself: built and destroyed as a user would by the CXL sysfs */
#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/memregion.h>
#include <linux/pci.h>
#include <linux/workqueue.h>

#include "cxl_core.h"
#include "deliver.h"

#define CREATE_RETRIES 10

/* One endpoint is not interleaved: any granularity will do */
#define GRANULARITY 256

static struct workqueue_struct *destroy_wq;

static int match_endpoint_decoder(struct device *dev, const void *unused)
{
	return is_endpoint_decoder(dev);
}

/*
 * The name is read and written back. The core refuses a name that is no longer
 * the next one.
 */
static int create_region(struct presize_delivery *d)
{
	char *name __free(presize_page) = presize_get_page();
	int rc;

	if (!name)
		return -ENOMEM;
	for (int i = 0; i < CREATE_RETRIES; i++) {
		rc = cxl_core_show(d->window, "create_ram_region", name);
		if (rc < 0)
			return rc;
		rc = cxl_core_write(d->window, "create_ram_region", "%s\n",
				    name);
		if (rc != -EBUSY)
			break;
	}
	if (rc)
		return rc;
	d->region_dev = device_find_child_by_name(d->window, name);
	return d->region_dev ? 0 : -ENXIO;
}

static int refused(struct presize_delivery *d, int rc, const char *what)
{
	if (rc == -EINTR || rc == -ERESTARTSYS)
		return -EINTR;
	return presize_fail(d->pd, rc, "the CXL core refuses to %s %s: %pe",
			    what, dev_name(d->region_dev), ERR_PTR(rc));
}

static int set_size(struct presize_delivery *d)
{
	int rc;

	rc = cxl_core_write(d->region_dev, "interleave_granularity", "%d\n",
			    GRANULARITY);
	if (!rc)
		rc = cxl_core_write(d->region_dev, "interleave_ways", "1\n");
	if (rc)
		return refused(d, rc, "set the interleave of");
	rc = cxl_core_write(d->region_dev, "size", "%#llx\n", d->request);
	if (rc == -ERANGE)
		return presize_fail(d->pd, rc,
				    "window %s has no %#llx bytes free in one piece",
				    dev_name(d->window), d->request);
	return rc ? refused(d, rc, "set the size of") : 0;
}

static int set_dpa(struct presize_delivery *d, struct device *decoder)
{
	int rc;

	rc = cxl_core_write(decoder, "mode", "ram\n");
	if (!rc)
		rc = cxl_core_write(decoder, "dpa_size", "%#llx\n", d->request);
	if (!rc || rc == -EINTR)
		return rc;
	return presize_fail(d->pd, rc == -ENOMEM ? rc : -EOPNOTSUPP,
			    "%s cannot map %#llx bytes of the device: %pe",
			    dev_name(decoder), d->request, ERR_PTR(rc));
}

struct decoder_use {
	unsigned int total, used, highest;
};

static int count_decoder(struct device *dev, void *data)
{
	char *region __free(presize_page) = presize_get_page();
	struct decoder_use *use = data;

	if (!region || !is_switch_decoder(dev))
		return 0;
	use->total++;
	if (cxl_core_show(dev, "region", region) > 0) {
		use->used++;
		use->highest = use->total;
	}
	return 0;
}

/*
 * A port hands out its decoders in order, with ascending addresses (CXL 3.1
 * 8.2.4.20.12), and takes them back in reverse. So one that is free may still
 * be out of reach, below one that is in use. A host bridge without decoders
 * counts as one with a single decoder.
 */
static int no_decoder(struct presize_delivery *d)
{
	for (unsigned int i = 1; i < d->path_len; i++) {
		struct decoder_use use = {};

		device_for_each_child(d->path[i], &use, count_decoder);
		if (use.used == use.total)
			return presize_fail(d->pd, -EBUSY,
					    "all %u HDM decoders of %s are in use",
					    use.total, dev_name(d->path[i]));
		if (use.used != use.highest)
			return presize_fail(d->pd, -EBUSY,
					    "%s has %u of %u HDM decoders in use, and the free ones are below them: release the devices that were bound last, and bind again in ascending order",
					    dev_name(d->path[i]), use.used,
					    use.total);
	}
	return presize_fail(d->pd, -EBUSY,
			    "a region above the free %#llx bytes in %s was built first, and decoders take ascending addresses only: release its device and bind again",
			    d->request, dev_name(d->window));
}

static int attach_decoder(struct presize_delivery *d, struct device *decoder)
{
	int rc;

	rc = cxl_core_set_coherence(d->region_dev, decoder,
				    d->region.host_only);
	if (rc)
		return refused(d, -EOPNOTSUPP, "recognise");
	rc = cxl_core_write(d->region_dev, "target0", "%s",
			    dev_name(decoder));
	if (rc == -EBUSY)
		return no_decoder(d);
	return rc ? refused(d, rc, "attach the decoder to") : 0;
}

static int commit(struct presize_delivery *d, struct device *decoder)
{
	int rc = cxl_core_write(d->region_dev, "commit", "1\n");

	if (rc == -EIO || rc == -ETIMEDOUT)
		return presize_fail(d->pd, rc,
				    "%s of %s, or a port above it, %s to decode %#llx bytes: the device or a switch is broken",
				    dev_name(decoder), pci_name(d->pd->pdev),
				    rc == -EIO ? "refuses" : "takes too long",
				    d->request);
	return rc ? refused(d, rc, "commit") : 0;
}

/*
 * The memdev is owned only now: a commit that fails has to reset what it
 * wrote, and the core spares the decoders of a region that is locked because
 * its memdev is owned. Binding is what makes the region show up as enabled.
 */
static int take_possession(struct presize_delivery *d)
{
	int rc = cxl_core_claim_memdev(d->cxlmd);

	if (!rc)
		rc = cxl_core_lock_region(d->region_dev, true);
	if (!rc && device_attach(d->region_dev) != 1)
		rc = -ENXIO;
	return rc ? refused(d, rc, "enable") : 0;
}

static int note_range(struct presize_delivery *d, struct device *decoder)
{
	u64 start, size;
	int port, id, rc;

	rc = cxl_core_read_u64(d->region_dev, "resource", &start);
	if (!rc)
		rc = cxl_core_read_u64(d->region_dev, "size", &size);
	if (rc)
		return refused(d, rc, "tell the range of");
	if (sscanf(dev_name(decoder), "decoder%d.%d", &port, &id) != 2)
		return refused(d, -EOPNOTSUPP, "tell the decoder of");
	d->region.hpa = DEFINE_RANGE(start, start + size - 1);
	if (presize_hdm_read(d->hdm, id, &d->decoder) ||
	    !presize_hdm_is_committed(&d->decoder) ||
	    d->decoder.base != start || d->decoder.size != size)
		return presize_fail(d->pd, -EIO,
				    "%s decodes %#llx bytes at %#llx (control %#x) instead of %#llx at %#llx",
				    dev_name(decoder), d->decoder.size,
				    d->decoder.base, d->decoder.ctrl, size,
				    start);
	return 0;
}

/*
 * Holding the endpoint keeps the decoder registered, and holding regions_lock
 * the region: so their attributes may be called.
 */
static int configure_region(struct presize_delivery *d, struct device *decoder)
{
	int rc;

	guard(mutex)(cxl_core_regions_lock(d->window));
	if (!device_is_registered(d->region_dev))
		return refused(d, -ENXIO, "find");
	rc = set_size(d);
	if (!rc)
		rc = set_dpa(d, decoder);
	if (!rc)
		rc = attach_decoder(d, decoder);
	if (!rc)
		rc = commit(d, decoder);
	if (!rc)
		rc = take_possession(d);
	return rc ?: note_range(d, decoder);
}

static int build_on_endpoint(struct presize_delivery *d)
{
	struct device *endpoint = presize_endpoint(d);
	int rc;

	guard(device)(endpoint);
	struct device *decoder __free(put_device) = endpoint->driver ?
		device_find_child(endpoint, NULL, match_endpoint_decoder) :
		NULL;
	if (!decoder)
		return presize_fail(d->pd, -ENXIO, "%s has no HDM decoder",
				    dev_name(endpoint));
	rc = create_region(d);
	if (rc == -EINTR)
		return rc;
	if (rc)
		return presize_fail(d->pd, rc, "window %s makes no region: %pe",
				    dev_name(d->window), ERR_PTR(rc));
	d->built = true;
	return configure_region(d, decoder);
}

/**
 * presize_build_region - create, commit and enable a region
 * @d: the delivery, joined to the topology
 *
 * On error nothing is left of it; else presize_destroy_region() undoes it.
 *
 * Context: holds device_lock of the PCI device; takes the device lock of the
 * endpoint, and inside it the locks of the CXL core.
 * Return: 0 or the error of the bind, with its sentence noted.
 */
int presize_build_region(struct presize_delivery *d)
{
	int rc;

	/* the core would say so with a warning and a stack trace */
	if (!cpu_cache_has_invalidate_memregion() &&
	    !IS_ENABLED(CONFIG_CXL_REGION_INVALIDATION_TEST))
		return presize_fail(d->pd, -EOPNOTSUPP,
				    "this CPU cannot invalidate its caches for a memory region, or a hypervisor does not let it");
	rc = build_on_endpoint(d);
	if (rc)
		presize_destroy_region(d);
	return rc;
}

/* The region of the first endpoint decoder that has one */
static int find_region(struct device *dev, void *data)
{
	char *name __free(presize_page) = presize_get_page();
	struct presize_delivery *d = data;
	u64 ways = 0;

	if (!name || !is_endpoint_decoder(dev) ||
	    cxl_core_show(dev, "region", name) <= 0)
		return 0;
	d->region_dev = bus_find_device_by_name(&cxl_bus_type, NULL, name);
	if (!d->region_dev)
		return 0;
	cxl_core_read_u64(d->region_dev, "interleave_ways", &ways);
	if (ways == 1)
		return note_range(d, dev);
	return presize_fail(d->pd, -EOPNOTSUPP,
			    "firmware made %s of %llu devices", name, ways);
}

/**
 * presize_adopt_region - use the region that firmware committed
 * @d: the delivery, joined to the topology
 *
 * The region is locked if it was not, so that the core leaves the decoders
 * committed when the driver goes.
 *
 * Context: as presize_build_region().
 * Return: 0 or the error of the bind, with its sentence noted.
 */
int presize_adopt_region(struct presize_delivery *d)
{
	struct device *endpoint = presize_endpoint(d);
	int rc = -ENXIO;

	guard(device)(endpoint);
	if (endpoint->driver)
		rc = device_for_each_child(endpoint, d, find_region);
	if (rc)
		return rc;
	if (!d->region_dev)
		return presize_fail(d->pd, -ENXIO,
				    "%s has no region, though firmware committed one",
				    dev_name(endpoint));
	d->window = get_device(d->region_dev->parent);
	return cxl_core_lock_region(d->region_dev, true);
}

struct destroy_work {
	struct work_struct work;
	struct presize_delivery *d;
};

/*
 * Somebody who deletes it at this time holds regions_lock until its decoders
 * are reset, and has unregistered it long before.
 */
static bool still_there(struct presize_delivery *d)
{
	guard(mutex)(cxl_core_regions_lock(d->window));
	return device_is_registered(d->region_dev);
}

/*
 * A region with the name of ours that somebody made since ours was deleted
 * would be hit; only root can do that, and within these two lines.
 */
static void destroy_region(struct work_struct *work)
{
	struct presize_delivery *d =
		container_of(work, struct destroy_work, work)->d;
	int rc;

	if (!still_there(d))
		return;
	cxl_core_lock_region(d->region_dev, false);
	rc = cxl_core_write(d->window, "delete_region", "%s\n",
			    dev_name(d->region_dev));
	if (rc && rc != -ENODEV)
		pci_err(d->pd->pdev, "%s is not deleted: %pe\n",
			dev_name(d->region_dev), ERR_PTR(rc));
}

/**
 * presize_destroy_region - undo presize_build_region()
 * @d: the delivery; nothing is done where it has no region
 *
 * The core gives up, half way, when the task that removes a region has a
 * signal pending. A worker has none.
 *
 * Context: holds device_lock of the PCI device; may sleep.
 */
void presize_destroy_region(struct presize_delivery *d)
{
	struct destroy_work destroy = { .d = d };

	device_lock_assert(&d->pd->pdev->dev);
	if (!d->region_dev)
		return;
	/* its deletion is no news */
	scoped_guard(mutex, &d->lock)
		d->gone = true;
	INIT_WORK_ONSTACK(&destroy.work, destroy_region);
	queue_work(destroy_wq, &destroy.work);
	flush_work(&destroy.work);
	destroy_work_on_stack(&destroy.work);
	put_device(d->region_dev);
	d->region_dev = NULL;
}

/**
 * presize_region_init - what presize_destroy_region() needs
 *
 * Return: 0 or -ENOMEM.
 */
int presize_region_init(void)
{
	destroy_wq = alloc_workqueue("cxl_presize", WQ_UNBOUND, 0);
	return destroy_wq ? 0 : -ENOMEM;
}

/** presize_region_exit - undo presize_region_init() */
void presize_region_exit(void)
{
	destroy_workqueue(destroy_wq);
}

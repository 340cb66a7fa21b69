// SPDX-License-Identifier: GPL-2.0-only
/* Joining a device to the CXL topology: memdev, endpoint, the ports above it */
#include <linux/cleanup.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/pci.h>
#include <linux/sched/signal.h>

#include "cxl_core.h"
#include "deliver.h"

/*
 * After an unbind the CXL core takes ports down from a workqueue. A device
 * that comes back meanwhile finds no path, for a moment.
 */
#define JOIN_RETRIES	50
#define JOIN_RETRY_MS	20

static struct cxl_memdev *add_memdev(struct presize_delivery *d)
{
	struct range hpa;

	/*
	 * The core assembles a region that firmware committed as soon as the
	 * endpoint is there. This variant owns the memdev from the start, which
	 * keeps the region from becoming System RAM.
	 */
	if (d->region.firmware)
		return devm_cxl_probe_mem(&d->cxlds, &hpa);
	return devm_cxl_add_classdev(&d->cxlds);
}

static struct device *get_endpoint(struct presize_delivery *d)
{
	guard(device)(cxl_core_memdev_dev(d->cxlmd));
	return cxl_core_get_endpoint(d->cxlmd);
}

/* The references of the path are kept until presize_leave() puts them */
static int note_path(struct presize_delivery *d, struct device *endpoint)
{
	struct device *port = endpoint;

	guard(device)(endpoint);
	if (!endpoint->driver) {
		put_device(endpoint);
		return -ENXIO;
	}
	d->path[d->path_len++] = endpoint;
	/* the parent of the root port is no port */
	while (is_cxl_port(port->parent) && is_cxl_port(port->parent->parent)) {
		port = port->parent;
		if (d->path_len == PRESIZE_PATH_MAX)
			return -EOPNOTSUPP;
		d->path[d->path_len++] = get_device(port);
	}
	return 0;
}

static int join_once(struct presize_delivery *d)
{
	struct device *endpoint;

	if (!d->cxlmd) {
		struct cxl_memdev *cxlmd = add_memdev(d);

		if (IS_ERR(cxlmd))
			return PTR_ERR(cxlmd);
		d->cxlmd = cxlmd;
		get_device(cxl_core_memdev_dev(cxlmd));
	} else if (device_attach(cxl_core_memdev_dev(d->cxlmd)) < 0) {
		return -ENXIO;
	}
	endpoint = get_endpoint(d);
	if (!endpoint)
		return -ENXIO;
	return note_path(d, endpoint);
}

static int no_path(struct presize_delivery *d, int rc)
{
	if (rc == -EINTR)
		return rc;
	if (rc == -EOPNOTSUPP)
		return presize_fail(d->pd, rc,
				    "more than %d CXL ports between the root and %s",
				    PRESIZE_PATH_MAX, pci_name(d->pd->pdev));
	if (d->region.firmware)
		return presize_fail(d->pd, rc == -ENOMEM ? rc : -ENXIO,
				    "the CXL core found no region for decoder%d, which firmware committed at %#llx, %#llx bytes (%pe)",
				    d->decoder.id, d->decoder.base,
				    d->decoder.size, ERR_PTR(rc));
	return presize_fail(d->pd, rc == -ENOMEM ? rc : -ENXIO,
			    "no CXL path from %s to the root: a port above has no CXL link, or no driver (%pe)",
			    pci_name(d->pd->pdev), ERR_PTR(rc));
}

/**
 * presize_join - add a memdev for a device, and wait for its endpoint port
 * @d: the delivery
 *
 * Undone by devres of the PCI device, but for the references that @d keeps.
 *
 * Context: holds device_lock of the PCI device; may sleep, a second at most;
 * ends early when the task gets a signal.
 * Return: 0 or the error of the bind, with its sentence noted.
 */
int presize_join(struct presize_delivery *d)
{
	u64 capacity = presize_capacity(d->pd, NULL);
	int rc;

	device_lock_assert(&d->pd->pdev->dev);
	/* no mailbox to ask; presize_await_memory() has waited */
	d->cxlds.media_ready = true;
	rc = cxl_set_capacity(&d->cxlds, max(capacity, d->request));
	if (rc)
		return presize_fail(d->pd, rc,
				    "the CXL core refuses a capacity of %#llx bytes: %pe",
				    max(capacity, d->request), ERR_PTR(rc));
	for (int i = 0; i < JOIN_RETRIES; i++) {
		rc = join_once(d);
		if (!rc || rc == -ENOMEM || rc == -EOPNOTSUPP)
			break;
		msleep_interruptible(JOIN_RETRY_MS);
		if (signal_pending(current)) {
			rc = -EINTR;
			break;
		}
	}
	return rc ? no_path(d, rc) : 0;
}

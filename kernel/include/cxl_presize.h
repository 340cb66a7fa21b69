/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cxl-presize: a CXL region of a requested size for the driver of a PCI device
 *
 * The request is written to the device's cxl_region/size attribute before a
 * driver binds. A driver that can use such a region asks for it in its
 * probe(), and gets the range that it may map.
 */
#ifndef CXL_PRESIZE_H
#define CXL_PRESIZE_H

#include <linux/range.h>
#include <linux/types.h>

struct device;
struct pci_dev;

/**
 * struct cxl_presize_region - a committed CXL region, for one driver binding
 * @hpa: host physical address range, a multiple of 256 MiB in size
 * @bar: index of the PCI BAR that holds the HDM decoder capability
 * @hdm_offset: offset in bytes of the HDM decoder capability structure in @bar
 *		(CXL 3.1 8.2.4.20)
 * @hdm_size: length in bytes of that structure
 * @host_only: the decoder maps host-only coherent memory (HDM-H); otherwise it
 *	       is device-coherent (HDM-D, HDM-DB)
 * @firmware: firmware committed the decoder; it is used as it was found
 *
 * Constant from delivery until the driver is unbound.
 */
struct cxl_presize_region {
	struct range hpa;
	int bar;
	u64 hdm_offset;
	u64 hdm_size;
	bool host_only;
	bool firmware;
};

/**
 * struct cxl_presize_client_ops - what a driver is told about its region
 * @revoke: the range is about to decode to nothing, for good: take every
 *	    mapping of it away before returning. Called at most once. May
 *	    sleep; called without device_lock of the PCI device, with locks of
 *	    the CXL bus held, so it must not wait for a user of the region, bind
 *	    or unbind a device, nor call cxl_presize_watch() or
 *	    cxl_presize_unwatch().
 */
struct cxl_presize_client_ops {
	void (*revoke)(void *data);
};

struct cxl_presize_region *devm_cxl_presize_region(struct pci_dev *pdev);
int cxl_presize_watch(struct cxl_presize_region *region,
		      const struct cxl_presize_client_ops *ops, void *data);
void cxl_presize_unwatch(struct cxl_presize_region *region);
void cxl_presize_flush(struct cxl_presize_region *region);
int cxl_presize_restore(struct cxl_presize_region *region);

#endif /* CXL_PRESIZE_H */

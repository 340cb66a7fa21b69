/* SPDX-License-Identifier: GPL-2.0-only */
/* cxl-presize: what its files share */
#ifndef CXL_PRESIZE_PRESIZE_H
#define CXL_PRESIZE_PRESIZE_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/range.h>
#include <linux/sizes.h>
#include <linux/types.h>

/* Linux allocates host physical addresses for one endpoint in such pieces */
#define PRESIZE_ALIGN SZ_256M

#define PRESIZE_ERROR_MAX 256

struct cxl_register_map;
struct device;
struct presize_delivery;

/**
 * struct presize_decoder - one HDM decoder, as its registers have it
 * @id: its number
 * @ctrl: control register (CXL 3.1 8.2.4.20.7)
 * @base: first host physical address
 * @size: bytes
 * @skip: DPA bytes left out before this decoder
 */
struct presize_decoder {
	int id;
	u32 ctrl;
	u64 base;
	u64 size;
	u64 skip;
};

/**
 * struct presize_device - a PCI function with CXL memory, and its request
 * @node: in the list of all
 * @pdev: the function; the entry is removed before the function is
 * @dvsec: config space offset of the CXL Device DVSEC (CXL 3.1 8.1.3)
 * @request: bytes asked for, 0 for none; written under device_lock of @pdev
 * @capacity_lock: protects @capacity and @capacity_source
 * @capacity: bytes the device can give, 0 while nothing is known
 * @capacity_source: who said so
 * @lock: protects all below; a leaf but for config space
 * @firmware_size: bytes of a decoder that is committed, but not by us
 * @host_only: coherence of its memory, as far as known
 * @firmware_stale: @firmware_size and @host_only have to be read again
 * @failed: the last delivery failed
 * @error: why, a sentence; empty where it did not fail
 * @delivery: what is delivered now; changed under device_lock of @pdev too
 */
struct presize_device {
	struct list_head node;
	struct pci_dev *pdev;
	u16 dvsec;
	u64 request;
	struct mutex capacity_lock; /* held while the device is asked */
	u64 capacity;
	const char *capacity_source;
	struct mutex lock;
	u64 firmware_size;
	bool host_only;
	bool firmware_stale;
	bool failed;
	char error[PRESIZE_ERROR_MAX];
	struct presize_delivery *delivery;
};

/* device.c: which devices there are, and what becomes of a request */
int presize_devices_init(void);
void presize_devices_exit(void);
struct presize_device *presize_device_of(struct pci_dev *pdev);
void presize_refresh_firmware(struct presize_device *pd, bool force);
void presize_recovered(struct presize_device *pd);
const char *presize_state(struct presize_device *pd);
void presize_notify(struct presize_device *pd);
void presize_set_request(struct presize_device *pd, u64 size);
void presize_set_delivery(struct presize_device *pd,
			  struct presize_delivery *delivery);
__printf(3, 4)
int presize_fail(struct presize_device *pd, int err, const char *fmt, ...);

/* attr.c */
extern const struct attribute_group presize_attr_group;

/* capacity.c: what the device says of its own size */
u64 presize_capacity(struct presize_device *pd, const char **source);

/* hdm.c: the HDM decoder registers of the device */
int presize_hdm_find(struct pci_dev *pdev, struct cxl_register_map *map);
bool presize_hdm_host_only(struct pci_dev *pdev, u16 dvsec, u32 capability);
int presize_hdm_read(void __iomem *hdm, int id, struct presize_decoder *dec);
bool presize_hdm_is_committed(const struct presize_decoder *dec);
int presize_hdm_committed(void __iomem *hdm, struct presize_decoder *dec);
int presize_hdm_commit(void __iomem *hdm, const struct presize_decoder *dec);
int presize_hdm_reset(struct pci_dev *pdev, void __iomem *hdm);
int presize_hdm_peek(struct pci_dev *pdev, u16 dvsec,
		     struct presize_decoder *dec, bool *host_only);
int presize_await_memory(struct pci_dev *pdev, u16 dvsec);

/* window.c: the fixed memory windows that reach the device */
/**
 * struct presize_search - which window can hold a region
 * @pdev: the device (in)
 * @host_only: its coherence (in)
 * @size: bytes wanted (in)
 * @available: bytes of the largest free piece (out)
 * @window: the root decoder to use, with a reference, or NULL (out)
 * @err: why there is none, as the error of a bind (out)
 * @why: the same as a sentence (out)
 */
struct presize_search {
	struct pci_dev *pdev;
	bool host_only;
	u64 size;
	u64 available;
	struct device *window;
	int err;
	char why[PRESIZE_ERROR_MAX];
};

void presize_search_windows(struct presize_search *search);

/* deliver.c */
const char *presize_delivery_state(const struct presize_delivery *delivery);

#endif /* CXL_PRESIZE_PRESIZE_H */

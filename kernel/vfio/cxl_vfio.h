/* SPDX-License-Identifier: GPL-2.0-only */
/* A PCI device and its CXL region in the hands of a VFIO user */
#ifndef CXL_VFIO_H
#define CXL_VFIO_H

#include <linux/memory-failure.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/vfio_pci_core.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "cxl_presize.h"
#include "uapi/cxl_vfio.h"

/*
 * Up to the end of decoder 0. Where the structure of the device has room for
 * more decoders, the user sees one that does not.
 */
#define CXL_VFIO_DECODER_SIZE	0x30

/* The first that this driver registers, and the core has none of its own */
#define CXL_VFIO_MEM_INDEX	VFIO_PCI_NUM_REGIONS

/* The part of a mapping's page offset that counts from a region's start */
#define CXL_VFIO_PGOFF_MASK	(VFIO_PCI_OFFSET_MASK >> PAGE_SHIFT)

/**
 * enum cxl_vfio_content - what is in the memory
 * @CXL_VFIO_UNKNOWN: what was there before the device was bound
 * @CXL_VFIO_USED: what a user may have left
 * @CXL_VFIO_CLEARED: nothing
 */
enum cxl_vfio_content {
	CXL_VFIO_UNKNOWN,
	CXL_VFIO_USED,
	CXL_VFIO_CLEARED,
};

/**
 * struct cxl_vfio_device - a device bound to cxl-vfio-pci
 * @core: the VFIO side, the driver data of the PCI device
 * @region: what was delivered, NULL for a device without a region
 * @gate: protects the fields up to @revoked; nests inside core.memory_lock
 * @holds: how many holds @owner has, under which the decoder may be lost
 * @decoding: the decoder was found good after the last of them
 * @active: the memory behind it was found there since
 * @active_by: when it has to be, in jiffies
 * @low_power: the user put the device into what is D3hot to it
 * @revoked: the region went away, for good
 * @owner: who resets, enables or disables the device, or NULL
 * @settled: woken when @holds falls, on @revoked, and when @owner goes
 * @mem: the memory, mapped by the kernel
 * @pfn_space: the memory, as memory_failure() knows it
 * @content: what is in the memory
 * @clearing: the worker of @clear_work is at it; @settled is woken at its end
 * @clear_stop: it is to give up
 * @clear_work: clears the memory
 * @dmabuf_lock: protects @dmabufs; nests inside core.memory_lock, and outside
 *		 the reservation locks of them
 * @dmabufs: what of the memory is exported
 * @dmabuf_work: tells their importers that the memory is back
 * @decoder: the decoder registers that the user sees
 * @bar_io: the BAR with the component registers
 * @dvsec: offset of the CXL Device DVSEC, 0 for a device that has none
 * @dvsec_len: length of it in bytes
 * @dvsec_lock: protects @dvsec_now
 * @dvsec_open: what the user finds in it after opening the device
 * @dvsec_now: what has become of that
 *
 * Without a region, only @core, @owner, @holds and the DVSEC are in use.
 */
struct cxl_vfio_device {
	struct vfio_pci_core_device core;
	struct cxl_presize_region *region;

	struct rw_semaphore gate;
	unsigned int holds;
	bool decoding;
	bool active;
	unsigned long active_by;
	bool low_power;
	bool revoked;
	struct task_struct *owner;
	wait_queue_head_t settled;

	void *mem;
	struct pfn_address_space pfn_space;
	enum cxl_vfio_content content;
	bool clearing;
	bool clear_stop;
	struct work_struct clear_work;

	struct mutex dmabuf_lock; /* of the list, over calls of importers */
	struct list_head dmabufs;
	struct work_struct dmabuf_work;

	__le32 decoder[CXL_VFIO_DECODER_SIZE / sizeof(__le32)];
	void __iomem *bar_io;

	u16 dvsec;
	u16 dvsec_len;
	spinlock_t dvsec_lock; /* short: no access to the device under it */
	u8 *dvsec_open;
	u8 *dvsec_now;
};

static inline struct cxl_vfio_device *
to_cxl_vfio(struct vfio_pci_core_device *core)
{
	return container_of(core, struct cxl_vfio_device, core);
}

static inline struct cxl_vfio_device *
vdev_to_cxl_vfio(struct vfio_device *core_vdev)
{
	return container_of(core_vdev, struct cxl_vfio_device, core.vdev);
}

/* gate.c */
void cxl_vfio_gate_init(struct cxl_vfio_device *cvd);
int cxl_vfio_gate_check(struct cxl_vfio_device *cvd);
bool cxl_vfio_gate_is_settled(struct cxl_vfio_device *cvd);
bool cxl_vfio_gate_open(struct cxl_vfio_device *cvd);
int cxl_vfio_gate_wait(struct cxl_vfio_device *cvd);
void cxl_vfio_gate_hold(struct cxl_vfio_device *cvd);
int cxl_vfio_gate_release(struct cxl_vfio_device *cvd);
void cxl_vfio_gate_lost(struct cxl_vfio_device *cvd);
void cxl_vfio_gate_revoke(struct cxl_vfio_device *cvd);
void cxl_vfio_gate_power(struct cxl_vfio_device *cvd, bool on);
bool cxl_vfio_gate_powered(struct cxl_vfio_device *cvd);

/* memory.c */
int cxl_vfio_mem_init(struct cxl_vfio_device *cvd);
void cxl_vfio_mem_exit(struct cxl_vfio_device *cvd);
int cxl_vfio_mem_open(struct cxl_vfio_device *cvd);
void cxl_vfio_mem_close(struct cxl_vfio_device *cvd);
void cxl_vfio_mem_zap(struct cxl_vfio_device *cvd);
int cxl_vfio_mem_zero(struct cxl_vfio_device *cvd, u64 pos, size_t len);

/* dmabuf.c */
void cxl_vfio_dmabuf_init(struct cxl_vfio_device *cvd);
void cxl_vfio_dmabuf_exit(struct cxl_vfio_device *cvd);
void cxl_vfio_dmabuf_close(struct cxl_vfio_device *cvd);
void cxl_vfio_dmabuf_revoke(struct cxl_vfio_device *cvd);
void cxl_vfio_dmabuf_restore(struct cxl_vfio_device *cvd);
int cxl_vfio_dmabuf_feature(struct cxl_vfio_device *cvd, u32 flags,
			    void __user *arg, size_t argsz);

/* clear.c */
void cxl_vfio_clear_init(struct cxl_vfio_device *cvd);
void cxl_vfio_clear_used(struct cxl_vfio_device *cvd);
void cxl_vfio_clear_exit(struct cxl_vfio_device *cvd);
void cxl_vfio_clear_start(struct cxl_vfio_device *cvd);
int cxl_vfio_clear(struct cxl_vfio_device *cvd);

/* decoder.c */
int cxl_vfio_decoder_open(struct cxl_vfio_device *cvd);
ssize_t cxl_vfio_decoder_access(struct cxl_vfio_device *cvd, char __user *buf,
				size_t count, u64 offset, bool iswrite);

/* bar.c */
int cxl_vfio_bar_init(struct cxl_vfio_device *cvd);
void cxl_vfio_bar_open(struct cxl_vfio_device *cvd);
ssize_t cxl_vfio_bar_rw(struct cxl_vfio_device *cvd, char __user *buf,
			size_t count, loff_t *ppos, bool iswrite);
int cxl_vfio_bar_mmap(struct cxl_vfio_device *cvd, struct vm_area_struct *vma);
int cxl_vfio_bar_info(struct cxl_vfio_device *cvd,
		      struct vfio_region_info *info,
		      struct vfio_info_cap *caps);

/* config.c */
ssize_t cxl_vfio_config_rw(struct cxl_vfio_device *cvd, char __user *buf,
			   size_t count, loff_t *ppos, bool iswrite);

/* dvsec.c */
int cxl_vfio_dvsec_init(struct cxl_vfio_device *cvd);
void cxl_vfio_dvsec_open(struct cxl_vfio_device *cvd);
void cxl_vfio_dvsec_reset(struct cxl_vfio_device *cvd);
bool cxl_vfio_dvsec_active(struct cxl_vfio_device *cvd, unsigned int *wait_ms);
ssize_t cxl_vfio_dvsec_rw(struct cxl_vfio_device *cvd, char __user *buf,
			  size_t count, unsigned int offset, bool iswrite);

#endif /* CXL_VFIO_H */

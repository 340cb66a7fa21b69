// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory as dma-bufs, for the DMA of other devices
 *
 * The core exports BARs only: it refuses the index of a region that a driver
 * registered. And it knows nothing of the gate, by which alone it is told
 * whether the memory can be reached. So the exporter is our own; user space
 * sees no difference.
 *
 * Nor is this DMA between peers. To a device, CXL memory is what other memory
 * of the host is: it goes to the host bridge with a host physical address, or
 * one that the IOMMU makes into one, and never straight to the BAR of a peer.
 */
#include <linux/cleanup.h>
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/dma-resv.h>
#include <linux/file.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "cxl_vfio.h"

/* The length of an entry of a scatter list is an unsigned int */
#define CXL_VFIO_SG_CHUNK	SZ_1G

/**
 * struct cxl_vfio_dmabuf - an exported piece of the memory
 * @node: in cxl_vfio_device.dmabufs
 * @cvd: the device, NULL when it was closed; written under the reservation
 *	 lock of @dmabuf
 * @dmabuf: the file
 * @maps: how often it is mapped; written under that lock too
 * @unmapped: woken when @maps falls to 0
 * @nr: number of @ranges
 * @ranges: offsets in the memory
 */
struct cxl_vfio_dmabuf {
	struct list_head node;
	struct cxl_vfio_device *cvd;
	struct dma_buf *dmabuf;
	unsigned int maps;
	wait_queue_head_t unmapped;
	u32 nr;
	struct vfio_region_dma_range ranges[] __counted_by(nr);
};

/* An importer that cannot let go of it could not be made to */
static int dmabuf_attach(struct dma_buf *dmabuf,
			 struct dma_buf_attachment *attach)
{
	if (!attach->peer2peer || !dma_buf_attach_revocable(attach))
		return -EOPNOTSUPP;
	return 0;
}

static void unmap_sg(struct device *dev, struct sg_table *sgt, unsigned int nr,
		     enum dma_data_direction dir)
{
	struct scatterlist *sg;
	unsigned int i;

	for_each_sg(sgt->sgl, sg, nr, i)
		dma_unmap_phys(dev, sg_dma_address(sg), sg_dma_len(sg), dir,
			       DMA_ATTR_MMIO);
}

/* There are no pages: an importer must look at the DMA addresses only */
static int map_range(struct device *dev, struct scatterlist **sg,
		     phys_addr_t phys, u64 len, enum dma_data_direction dir)
{
	while (len) {
		size_t chunk = min(len, CXL_VFIO_SG_CHUNK);
		dma_addr_t addr = dma_map_phys(dev, phys, chunk, dir,
					       DMA_ATTR_MMIO);

		if (dma_mapping_error(dev, addr))
			return -EIO;
		sg_set_page(*sg, NULL, 0, 0);
		sg_dma_address(*sg) = addr;
		sg_dma_len(*sg) = chunk;
		*sg = sg_next(*sg);
		phys += chunk;
		len -= chunk;
	}
	return 0;
}

static unsigned int count_entries(const struct cxl_vfio_dmabuf *buf)
{
	unsigned int entries = 0;

	for (u32 i = 0; i < buf->nr; i++)
		entries += DIV_ROUND_UP(buf->ranges[i].length,
					CXL_VFIO_SG_CHUNK);
	return entries;
}

static unsigned int entries_before(struct sg_table *sgt, struct scatterlist *end)
{
	struct scatterlist *sg;
	unsigned int n = 0;

	for (sg = sgt->sgl; sg && sg != end; sg = sg_next(sg))
		n++;
	return n;
}

static int map_sg(struct cxl_vfio_dmabuf *buf, struct device *dev,
		  struct sg_table *sgt, enum dma_data_direction dir)
{
	struct scatterlist *sg;
	int ret;

	ret = sg_alloc_table(sgt, count_entries(buf), GFP_KERNEL);
	if (ret)
		return ret;

	sg = sgt->sgl;
	for (u32 i = 0; i < buf->nr && !ret; i++)
		ret = map_range(dev, &sg, buf->cvd->region->hpa.start +
				buf->ranges[i].offset, buf->ranges[i].length,
				dir);
	if (ret) {
		unmap_sg(dev, sgt, entries_before(sgt, sg), dir);
		sg_free_table(sgt);
	}
	return ret;
}

/*
 * The gate is asked under the reservation lock. So either a change of the gate
 * is seen here, or its cxl_vfio_dmabuf_revoke() finds this mapping.
 */
static struct sg_table *dmabuf_map(struct dma_buf_attachment *attach,
				   enum dma_data_direction dir)
{
	struct cxl_vfio_dmabuf *buf = attach->dmabuf->priv;
	int ret;

	dma_resv_assert_held(attach->dmabuf->resv);

	if (!buf->cvd || !cxl_vfio_gate_open(buf->cvd))
		return ERR_PTR(-ENODEV);

	struct sg_table *sgt __free(kfree) = kzalloc_obj(*sgt);
	if (!sgt)
		return ERR_PTR(-ENOMEM);
	ret = map_sg(buf, attach->dev, sgt, dir);
	if (ret)
		return ERR_PTR(ret);

	WRITE_ONCE(buf->maps, buf->maps + 1);
	return no_free_ptr(sgt);
}

static void dmabuf_unmap(struct dma_buf_attachment *attach,
			 struct sg_table *sgt, enum dma_data_direction dir)
{
	struct cxl_vfio_dmabuf *buf = attach->dmabuf->priv;

	dma_resv_assert_held(attach->dmabuf->resv);

	unmap_sg(attach->dev, sgt, sgt->nents, dir);
	sg_free_table(sgt);
	kfree(sgt);
	WRITE_ONCE(buf->maps, buf->maps - 1);
	wake_up_all(&buf->unmapped);
}

/* As long as there is a device here, it is registered: see dmabuf_forget() */
static void dmabuf_release(struct dma_buf *dmabuf)
{
	struct cxl_vfio_dmabuf *buf = dmabuf->priv;
	struct cxl_vfio_device *cvd = buf->cvd;

	if (cvd) {
		scoped_guard(mutex, &cvd->dmabuf_lock)
			list_del(&buf->node);
		vfio_device_put_registration(&cvd->core.vdev);
	}
	kvfree(buf);
}

static const struct dma_buf_ops cxl_vfio_dmabuf_ops = {
	.attach = dmabuf_attach,
	.map_dma_buf = dmabuf_map,
	.unmap_dma_buf = dmabuf_unmap,
	.release = dmabuf_release,
};

/* Whether what is mapped now goes, or may be mapped again: the gate tells */
static void dmabuf_notify(struct cxl_vfio_dmabuf *buf)
{
	dma_resv_lock(buf->dmabuf->resv, NULL);
	dma_buf_invalidate_mappings(buf->dmabuf);
	dma_resv_wait_timeout(buf->dmabuf->resv, DMA_RESV_USAGE_BOOKKEEP, false,
			      MAX_SCHEDULE_TIMEOUT);
	dma_resv_unlock(buf->dmabuf->resv);
}

/**
 * cxl_vfio_dmabuf_revoke - take the memory away from other devices
 * @cvd: the device
 *
 * To be called after the gate closed. Importers give their mappings up in
 * bounded time; else they were not let in.
 */
void cxl_vfio_dmabuf_revoke(struct cxl_vfio_device *cvd)
{
	struct cxl_vfio_dmabuf *buf;

	guard(mutex)(&cvd->dmabuf_lock);

	list_for_each_entry(buf, &cvd->dmabufs, node) {
		if (!get_file_active(&buf->dmabuf->file))
			continue;
		dmabuf_notify(buf);
		wait_event(buf->unmapped, !READ_ONCE(buf->maps));
		fput(buf->dmabuf->file);
	}
}

static void restore_work(struct work_struct *work)
{
	struct cxl_vfio_device *cvd =
		container_of(work, struct cxl_vfio_device, dmabuf_work);
	struct cxl_vfio_dmabuf *buf;

	cxl_vfio_gate_wait(cvd);
	guard(mutex)(&cvd->dmabuf_lock);

	list_for_each_entry(buf, &cvd->dmabufs, node) {
		if (!get_file_active(&buf->dmabuf->file))
			continue;
		dmabuf_notify(buf);
		fput(buf->dmabuf->file);
	}
}

/**
 * cxl_vfio_dmabuf_restore - tell importers that they may map the memory again
 * @cvd: the device
 *
 * They will be told when it has become active.
 */
void cxl_vfio_dmabuf_restore(struct cxl_vfio_device *cvd)
{
	guard(mutex)(&cvd->dmabuf_lock);

	if (!list_empty(&cvd->dmabufs))
		queue_work(system_dfl_long_wq, &cvd->dmabuf_work);
}

/* One whose file is being released takes itself off the list */
static void dmabuf_forget(struct cxl_vfio_dmabuf *buf)
{
	struct cxl_vfio_device *cvd = buf->cvd;

	if (!get_file_active(&buf->dmabuf->file))
		return;
	list_del(&buf->node);
	dma_resv_lock(buf->dmabuf->resv, NULL);
	buf->cvd = NULL;
	dma_resv_unlock(buf->dmabuf->resv);
	fput(buf->dmabuf->file);
	vfio_device_put_registration(&cvd->core.vdev);
}

/**
 * cxl_vfio_dmabuf_close - part with all that was exported
 * @cvd: the device, whose gate is closed
 */
void cxl_vfio_dmabuf_close(struct cxl_vfio_device *cvd)
{
	struct cxl_vfio_dmabuf *buf, *next;

	cxl_vfio_dmabuf_revoke(cvd);
	guard(mutex)(&cvd->dmabuf_lock);

	list_for_each_entry_safe(buf, next, &cvd->dmabufs, node)
		dmabuf_forget(buf);
}

/* Returns the length of all ranges, or an error */
static s64 check_ranges(struct cxl_vfio_device *cvd,
			const struct cxl_vfio_dmabuf *buf)
{
	u64 size = range_len(&cvd->region->hpa);
	u64 total = 0, end;

	for (u32 i = 0; i < buf->nr; i++) {
		u64 offset = buf->ranges[i].offset;
		u64 length = buf->ranges[i].length;

		if (!length || !PAGE_ALIGNED(offset) || !PAGE_ALIGNED(length))
			return -EINVAL;
		if (check_add_overflow(offset, length, &end))
			return -EOVERFLOW;
		if (end > size || check_add_overflow(total, length, &total) ||
		    total > S64_MAX)
			return -EINVAL;
	}
	return total;
}

static struct cxl_vfio_dmabuf *
new_dmabuf(struct cxl_vfio_device *cvd, u32 nr,
	   struct vfio_device_feature_dma_buf __user *arg)
{
	struct cxl_vfio_dmabuf *buf;

	buf = kvzalloc_flex(*buf, ranges, nr, GFP_KERNEL_ACCOUNT);
	if (!buf)
		return ERR_PTR(-ENOMEM);

	INIT_LIST_HEAD(&buf->node);
	init_waitqueue_head(&buf->unmapped);
	buf->nr = nr;
	if (copy_from_user(buf->ranges, arg->dma_ranges,
			   array_size(nr, sizeof(buf->ranges[0])))) {
		kvfree(buf);
		return ERR_PTR(-EFAULT);
	}
	return buf;
}

static int export(struct cxl_vfio_device *cvd, struct cxl_vfio_dmabuf *buf,
		  int open_flags)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	s64 size = check_ranges(cvd, buf);

	if (size < 0)
		return size;
	if (!vfio_device_try_get_registration(&cvd->core.vdev))
		return -ENODEV;

	info.ops = &cxl_vfio_dmabuf_ops;
	info.size = size;
	info.flags = open_flags;
	info.priv = buf;
	buf->dmabuf = dma_buf_export(&info);
	if (IS_ERR(buf->dmabuf)) {
		vfio_device_put_registration(&cvd->core.vdev);
		return PTR_ERR(buf->dmabuf);
	}

	guard(mutex)(&cvd->dmabuf_lock);
	buf->cvd = cvd;
	list_add_tail(&buf->node, &cvd->dmabufs);
	return 0;
}

static int dmabuf_get(struct cxl_vfio_device *cvd,
		      struct vfio_device_feature_dma_buf __user *arg,
		      const struct vfio_device_feature_dma_buf *head)
{
	struct cxl_vfio_dmabuf *buf;
	int ret;

	if (!head->nr_ranges || head->flags)
		return -EINVAL;

	buf = new_dmabuf(cvd, head->nr_ranges, arg);
	if (IS_ERR(buf))
		return PTR_ERR(buf);

	ret = export(cvd, buf, head->open_flags);
	if (ret) {
		kvfree(buf);
		return ret;
	}

	ret = dma_buf_fd(buf->dmabuf, head->open_flags);
	if (ret < 0)
		dma_buf_put(buf->dmabuf);
	return ret;
}

/**
 * cxl_vfio_dmabuf_feature - VFIO_DEVICE_FEATURE_DMA_BUF
 * @cvd: the device
 * @flags: of the ioctl
 * @arg: struct vfio_device_feature_dma_buf
 * @argsz: length of @arg
 *
 * Any region but the memory is the core's.
 *
 * Return: a file descriptor, 0 for a probe, or an error.
 */
int cxl_vfio_dmabuf_feature(struct cxl_vfio_device *cvd, u32 flags,
			    void __user *arg, size_t argsz)
{
	struct vfio_device_feature_dma_buf head;
	int ret;

	ret = vfio_check_feature(flags, argsz, VFIO_DEVICE_FEATURE_GET,
				 sizeof(head));
	if (ret != 1)
		return ret;
	if (copy_from_user(&head, arg, sizeof(head)))
		return -EFAULT;
	if (head.region_index == CXL_VFIO_MEM_INDEX)
		return dmabuf_get(cvd, arg, &head);
	return vfio_pci_core_ioctl_feature(&cvd->core.vdev, flags, arg, argsz);
}

/**
 * cxl_vfio_dmabuf_init - nothing is exported yet
 * @cvd: the device
 */
void cxl_vfio_dmabuf_init(struct cxl_vfio_device *cvd)
{
	mutex_init(&cvd->dmabuf_lock);
	INIT_LIST_HEAD(&cvd->dmabufs);
	INIT_WORK(&cvd->dmabuf_work, restore_work);
}

/**
 * cxl_vfio_dmabuf_exit - undo cxl_vfio_dmabuf_init()
 * @cvd: the device, closed for good
 */
void cxl_vfio_dmabuf_exit(struct cxl_vfio_device *cvd)
{
	cancel_work_sync(&cvd->dmabuf_work);
	mutex_destroy(&cvd->dmabuf_lock);
}

MODULE_IMPORT_NS("DMA_BUF");

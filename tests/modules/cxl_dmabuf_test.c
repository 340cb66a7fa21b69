// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: a made-up device that imports a dma-buf and keeps it mapped
 *
 * The number of a file descriptor is written to the file cxl_dmabuf_test of
 * debugfs, -1 to let go of it. Reading tells whether it is mapped now, and how
 * many times it has been. A mapping that is taken away is tried again.
 */
#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/device/faux.h>
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/dma-resv.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

static struct faux_device *faux;
static struct dentry *file;
static DEFINE_MUTEX(lock);
static struct dma_buf_attachment *attachment;
static struct sg_table *mapping;
static unsigned int times;

static int map_locked(void)
{
	struct sg_table *sgt;

	dma_resv_assert_held(attachment->dmabuf->resv);
	if (mapping)
		return 0;
	sgt = dma_buf_map_attachment(attachment, DMA_BIDIRECTIONAL);
	if (IS_ERR(sgt))
		return PTR_ERR(sgt);
	mapping = sgt;
	times++;
	return 0;
}

static void unmap_locked(void)
{
	dma_resv_assert_held(attachment->dmabuf->resv);
	if (mapping)
		dma_buf_unmap_attachment(attachment, mapping,
					 DMA_BIDIRECTIONAL);
	mapping = NULL;
}

static void map_again(struct work_struct *work)
{
	guard(mutex)(&lock);

	if (!attachment)
		return;
	dma_resv_lock(attachment->dmabuf->resv, NULL);
	map_locked();
	dma_resv_unlock(attachment->dmabuf->resv);
}

static DECLARE_WORK(again, map_again);

static void invalidate(struct dma_buf_attachment *attach)
{
	if (attach != attachment)
		return;
	unmap_locked();
	schedule_work(&again);
}

static const struct dma_buf_attach_ops importer_ops = {
	.allow_peer2peer = true,
	.invalidate_mappings = invalidate,
};

static void let_go(void)
{
	struct dma_buf *dmabuf;

	lockdep_assert_held(&lock);
	if (!attachment)
		return;
	dmabuf = attachment->dmabuf;
	dma_resv_lock(dmabuf->resv, NULL);
	unmap_locked();
	dma_resv_unlock(dmabuf->resv);
	dma_buf_detach(dmabuf, attachment);
	dma_buf_put(dmabuf);
	attachment = NULL;
}

static int import(int fd)
{
	struct dma_buf *dmabuf = dma_buf_get(fd);
	int ret;

	lockdep_assert_held(&lock);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	attachment = dma_buf_dynamic_attach(dmabuf, &faux->dev, &importer_ops,
					    NULL);
	if (IS_ERR(attachment)) {
		ret = PTR_ERR(attachment);
		attachment = NULL;
		dma_buf_put(dmabuf);
		return ret;
	}
	times = 0;
	dma_resv_lock(dmabuf->resv, NULL);
	ret = map_locked();
	dma_resv_unlock(dmabuf->resv);
	if (ret)
		let_go();
	return ret;
}

static ssize_t file_write(struct file *filp, const char __user *buf,
			  size_t count, loff_t *ppos)
{
	int fd, ret;

	ret = kstrtoint_from_user(buf, count, 0, &fd);
	if (ret)
		return ret;

	guard(mutex)(&lock);
	let_go();
	ret = fd < 0 ? 0 : import(fd);
	return ret ?: count;
}

static ssize_t file_read(struct file *filp, char __user *buf, size_t count,
			 loff_t *ppos)
{
	char text[32];
	int len;

	len = scnprintf(text, sizeof(text), "%d times %u\n",
			!!READ_ONCE(mapping), READ_ONCE(times));
	return simple_read_from_buffer(buf, count, ppos, text, len);
}

static const struct file_operations file_ops = {
	.owner = THIS_MODULE,
	.read = file_read,
	.write = file_write,
};

static int __init test_init(void)
{
	faux = faux_device_create("cxl_dmabuf_test", NULL, NULL);
	if (!faux)
		return -ENODEV;
	dma_coerce_mask_and_coherent(&faux->dev, DMA_BIT_MASK(64));
	file = debugfs_create_file("cxl_dmabuf_test", 0600, NULL, NULL,
				   &file_ops);
	return 0;
}
module_init(test_init);

static void __exit test_exit(void)
{
	debugfs_remove(file);
	scoped_guard(mutex, &lock)
		let_go();
	cancel_work_sync(&again);
	faux_device_destroy(faux);
}
module_exit(test_exit);

MODULE_DESCRIPTION("Importer of dma-bufs, for tests of cxl-vfio-pci");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("DMA_BUF");

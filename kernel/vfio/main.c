// SPDX-License-Identifier: GPL-2.0-only
/*
 * cxl-vfio-pci: a PCI device, and the CXL region delivered for it, for VFIO
 *
 * A vfio-pci that asks cxl_presize for a region when it is bound, and that
 * shows the region to its user as a fixed, committed and locked configuration.
 * Without a region it is a vfio-pci.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/uaccess.h>

#include "cxl_vfio.h"

/* The core resets the device as it enables it, and again if it gives up */
static int cxl_vfio_enable(struct cxl_vfio_device *cvd)
{
	int ret;

	ret = vfio_pci_core_enable(&cvd->core);
	if (ret)
		return ret;

	cxl_vfio_bar_open(cvd);
	ret = cxl_vfio_mem_open(cvd);
	if (ret)
		goto err_disable;

	ret = cxl_vfio_decoder_open(cvd);
	if (ret)
		goto err_close;
	return 0;

err_close:
	cxl_vfio_mem_close(cvd);
err_disable:
	vfio_pci_core_disable(&cvd->core);
	return ret;
}

/* Nobody but the core sees a device whose decoder did not come back */
static int cxl_vfio_open_device(struct vfio_device *core_vdev)
{
	struct cxl_vfio_device *cvd = vdev_to_cxl_vfio(core_vdev);
	int restored, ret;

	cxl_vfio_gate_hold(cvd);
	ret = cxl_vfio_enable(cvd);
	restored = cxl_vfio_gate_release(cvd);
	if (ret)
		return ret;

	ret = restored ?: cxl_vfio_gate_wait(cvd) ?: cxl_vfio_clear(cvd);
	if (ret) {
		cxl_vfio_gate_hold(cvd);
		vfio_pci_core_disable(&cvd->core);
		cxl_vfio_mem_close(cvd);
		cxl_vfio_gate_release(cvd);
		return ret;
	}

	cxl_vfio_clear_used(cvd);
	cxl_vfio_dvsec_open(cvd);
	vfio_pci_core_finish_enable(&cvd->core);
	return 0;
}

/*
 * The core resets the device here without reset_prepare() and reset_done().
 * The decoder is restored at once, because the CXL core goes on believing
 * that it is committed.
 */
static void cxl_vfio_close_device(struct vfio_device *core_vdev)
{
	struct cxl_vfio_device *cvd = vdev_to_cxl_vfio(core_vdev);

	cxl_vfio_gate_hold(cvd);
	cxl_vfio_dmabuf_close(cvd);
	vfio_pci_core_close_device(core_vdev);
	cxl_vfio_gate_release(cvd);
	cxl_vfio_mem_close(cvd);

	/* If it cannot be done now, the next open does it or fails */
	cxl_vfio_clear_start(cvd);
}

static int cxl_vfio_get_info(struct cxl_vfio_device *cvd, unsigned long arg)
{
	struct vfio_device_info __user *info = (void __user *)arg;
	u32 flags;
	long ret;

	ret = vfio_pci_core_ioctl(&cvd->core.vdev, VFIO_DEVICE_GET_INFO, arg);
	if (ret)
		return ret;

	if (get_user(flags, &info->flags) ||
	    put_user(flags | VFIO_DEVICE_FLAGS_CXL, &info->flags))
		return -EFAULT;
	return 0;
}

static long cxl_vfio_ioctl(struct vfio_device *core_vdev, unsigned int cmd,
			   unsigned long arg)
{
	if (cmd == VFIO_DEVICE_GET_INFO)
		return cxl_vfio_get_info(vdev_to_cxl_vfio(core_vdev), arg);
	return vfio_pci_core_ioctl(core_vdev, cmd, arg);
}

/*
 * The device stays in D0 whatever the user asks for (see cxl_vfio_attach()),
 * but a mapping that can no longer be filled should not stay filled either.
 */
static int cxl_vfio_feature(struct vfio_device *core_vdev, u32 flags,
			    void __user *arg, size_t argsz)
{
	struct cxl_vfio_device *cvd = vdev_to_cxl_vfio(core_vdev);
	u32 feature = flags & VFIO_DEVICE_FEATURE_MASK;
	int ret;

	if (feature == VFIO_DEVICE_FEATURE_DMA_BUF)
		return cxl_vfio_dmabuf_feature(cvd, flags, arg, argsz);

	ret = vfio_pci_core_ioctl_feature(core_vdev, flags, arg, argsz);
	if (ret)
		return ret;

	switch (feature) {
	case VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY:
	case VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP:
		cxl_vfio_mem_zap(cvd);
		break;
	case VFIO_DEVICE_FEATURE_LOW_POWER_EXIT:
		cxl_vfio_dmabuf_restore(cvd);
		break;
	}
	return 0;
}

static ssize_t cxl_vfio_rw(struct cxl_vfio_device *cvd, char __user *buf,
			   size_t count, loff_t *ppos, bool iswrite)
{
	unsigned int index = VFIO_PCI_OFFSET_TO_INDEX(*ppos);

	if (index == VFIO_PCI_CONFIG_REGION_INDEX)
		return cxl_vfio_config_rw(cvd, buf, count, ppos, iswrite);
	if (cvd->region && index == cvd->region->bar)
		return cxl_vfio_bar_rw(cvd, buf, count, ppos, iswrite);
	if (iswrite)
		return vfio_pci_core_write(&cvd->core.vdev, buf, count, ppos);
	return vfio_pci_core_read(&cvd->core.vdev, buf, count, ppos);
}

static ssize_t cxl_vfio_read(struct vfio_device *core_vdev, char __user *buf,
			     size_t count, loff_t *ppos)
{
	return cxl_vfio_rw(vdev_to_cxl_vfio(core_vdev), buf, count, ppos, false);
}

static ssize_t cxl_vfio_write(struct vfio_device *core_vdev,
			      const char __user *buf, size_t count,
			      loff_t *ppos)
{
	return cxl_vfio_rw(vdev_to_cxl_vfio(core_vdev), (char __user *)buf,
			   count, ppos, true);
}

static int cxl_vfio_mmap(struct vfio_device *core_vdev,
			 struct vm_area_struct *vma)
{
	struct cxl_vfio_device *cvd = vdev_to_cxl_vfio(core_vdev);

	if (VFIO_PCI_OFFSET_TO_INDEX(PFN_PHYS(vma->vm_pgoff)) ==
	    cvd->region->bar)
		return cxl_vfio_bar_mmap(cvd, vma);
	return vfio_pci_core_mmap(core_vdev, vma);
}

static int cxl_vfio_get_region_info(struct vfio_device *core_vdev,
				    struct vfio_region_info *info,
				    struct vfio_info_cap *caps)
{
	struct cxl_vfio_device *cvd = vdev_to_cxl_vfio(core_vdev);
	int ret;

	ret = vfio_pci_ioctl_get_region_info(core_vdev, info, caps);
	if (ret || info->index != cvd->region->bar)
		return ret;
	return cxl_vfio_bar_info(cvd, info, caps);
}

static const struct vfio_device_ops cxl_vfio_ops = {
	.name			= "cxl-vfio-pci",
	.init			= vfio_pci_core_init_dev,
	.release		= vfio_pci_core_release_dev,
	.open_device		= cxl_vfio_open_device,
	.close_device		= cxl_vfio_close_device,
	.ioctl			= cxl_vfio_ioctl,
	.get_region_info_caps	= cxl_vfio_get_region_info,
	.device_feature		= cxl_vfio_feature,
	.read			= cxl_vfio_read,
	.write			= cxl_vfio_write,
	.mmap			= cxl_vfio_mmap,
	.request		= vfio_pci_core_request,
	.match			= vfio_pci_core_match,
	.match_token_uuid	= vfio_pci_core_match_token_uuid,
	.bind_iommufd		= vfio_iommufd_physical_bind,
	.unbind_iommufd		= vfio_iommufd_physical_unbind,
	.attach_ioas		= vfio_iommufd_physical_attach_ioas,
	.detach_ioas		= vfio_iommufd_physical_detach_ioas,
};

static int cxl_vfio_plain_open_device(struct vfio_device *core_vdev)
{
	struct cxl_vfio_device *cvd = vdev_to_cxl_vfio(core_vdev);
	int ret;

	cxl_vfio_gate_hold(cvd);
	ret = vfio_pci_core_enable(&cvd->core);
	cxl_vfio_gate_release(cvd);
	if (ret)
		return ret;

	cxl_vfio_dvsec_open(cvd);
	vfio_pci_core_finish_enable(&cvd->core);
	return 0;
}

static void cxl_vfio_plain_close_device(struct vfio_device *core_vdev)
{
	struct cxl_vfio_device *cvd = vdev_to_cxl_vfio(core_vdev);

	cxl_vfio_gate_hold(cvd);
	vfio_pci_core_close_device(core_vdev);
	cxl_vfio_gate_release(cvd);
}

static const struct vfio_device_ops cxl_vfio_plain_ops = {
	.name			= "cxl-vfio-pci",
	.init			= vfio_pci_core_init_dev,
	.release		= vfio_pci_core_release_dev,
	.open_device		= cxl_vfio_plain_open_device,
	.close_device		= cxl_vfio_plain_close_device,
	.ioctl			= vfio_pci_core_ioctl,
	.get_region_info_caps	= vfio_pci_ioctl_get_region_info,
	.device_feature		= vfio_pci_core_ioctl_feature,
	.read			= cxl_vfio_read,
	.write			= cxl_vfio_write,
	.mmap			= vfio_pci_core_mmap,
	.request		= vfio_pci_core_request,
	.match			= vfio_pci_core_match,
	.match_token_uuid	= vfio_pci_core_match_token_uuid,
	.bind_iommufd		= vfio_iommufd_physical_bind,
	.unbind_iommufd		= vfio_iommufd_physical_unbind,
	.attach_ioas		= vfio_iommufd_physical_attach_ioas,
	.detach_ioas		= vfio_iommufd_physical_detach_ioas,
};

static const struct vfio_pci_device_ops cxl_vfio_pci_dev_ops = {
	.get_dmabuf_phys = vfio_pci_core_get_dmabuf_phys,
};

static void cxl_vfio_revoke(void *data)
{
	cxl_vfio_gate_revoke(data);
}

static const struct cxl_presize_client_ops cxl_vfio_client_ops = {
	.revoke = cxl_vfio_revoke,
};

/*
 * The watch comes before the registration, so that no user can have the
 * device while the region is not watched.
 *
 * The device is kept in D0: D3 may clear the decoder, and runtime PM brings a
 * device back without telling this driver.
 */
static int cxl_vfio_attach(struct cxl_vfio_device *cvd, struct pci_dev *pdev)
{
	int ret;

	ret = cxl_vfio_mem_init(cvd);
	if (ret)
		return ret;

	ret = cxl_vfio_bar_init(cvd);
	if (ret)
		goto err_mem;

	ret = cxl_presize_watch(cvd->region, &cxl_vfio_client_ops, cvd);
	if (ret)
		goto err_mem;

	pm_runtime_get_noresume(&pdev->dev);
	return 0;

err_mem:
	cxl_vfio_mem_exit(cvd);
	return ret;
}

/* The end of the region also ends the clearing, and so is watched until then */
static void cxl_vfio_detach(struct cxl_vfio_device *cvd, struct pci_dev *pdev)
{
	cxl_vfio_clear_exit(cvd);
	cxl_presize_unwatch(cvd->region);
	cxl_vfio_mem_exit(cvd);
	pm_runtime_put_noidle(&pdev->dev);
}

static int cxl_vfio_register(struct cxl_vfio_device *cvd, struct pci_dev *pdev)
{
	int ret;

	dev_set_drvdata(&pdev->dev, &cvd->core);
	cvd->core.pci_ops = &cxl_vfio_pci_dev_ops;
	cxl_vfio_gate_init(cvd);
	ret = cxl_vfio_dvsec_init(cvd);
	if (ret)
		return ret;

	if (!cvd->region)
		return vfio_pci_core_register_device(&cvd->core);

	ret = cxl_vfio_attach(cvd, pdev);
	if (ret)
		return ret;

	ret = vfio_pci_core_register_device(&cvd->core);
	if (ret)
		cxl_vfio_detach(cvd, pdev);
	return ret;
}

static int cxl_vfio_add(struct pci_dev *pdev, struct cxl_presize_region *region)
{
	struct cxl_vfio_device *cvd;
	int ret;

	if (region && range_len(&region->hpa) > VFIO_PCI_OFFSET_MASK + 1) {
		pci_notice(pdev, "a VFIO region ends at 1 TiB, this is %#llx\n",
			   range_len(&region->hpa));
		return -EFBIG;
	}

	cvd = vfio_alloc_device(cxl_vfio_device, core.vdev, &pdev->dev,
				region ? &cxl_vfio_ops : &cxl_vfio_plain_ops);
	if (IS_ERR(cvd))
		return PTR_ERR(cvd);

	cvd->region = region;
	ret = cxl_vfio_register(cvd, pdev);
	if (ret)
		vfio_put_device(&cvd->core.vdev);
	return ret;
}

/*
 * A bound device holds the module: unloading it would take the region away
 * from under a configuration that someone made.
 */
static int cxl_vfio_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct cxl_presize_region *region;
	int ret;

	region = devm_cxl_presize_region(pdev);
	if (IS_ERR(region))
		return PTR_ERR(region);

	if (!try_module_get(THIS_MODULE))
		return -ENODEV;

	ret = cxl_vfio_add(pdev, region);
	if (ret)
		module_put(THIS_MODULE);
	return ret;
}

/*
 * Unregistering waits for the user. A device that was pulled out is not there
 * meanwhile, other than one that is unbound or about to be powered off.
 */
static void cxl_vfio_remove(struct pci_dev *pdev)
{
	struct cxl_vfio_device *cvd = to_cxl_vfio(dev_get_drvdata(&pdev->dev));

	if (cvd->region && pci_dev_is_disconnected(pdev))
		cxl_vfio_gate_revoke(cvd);
	vfio_pci_core_unregister_device(&cvd->core);
	if (cvd->region)
		cxl_vfio_detach(cvd, pdev);
	vfio_put_device(&cvd->core.vdev);
	module_put(THIS_MODULE);
}

static void cxl_vfio_reset_prepare(struct pci_dev *pdev)
{
	struct cxl_vfio_device *cvd = to_cxl_vfio(dev_get_drvdata(&pdev->dev));

	cxl_vfio_gate_hold(cvd);
}

static void cxl_vfio_reset_done(struct pci_dev *pdev)
{
	struct cxl_vfio_device *cvd = to_cxl_vfio(dev_get_drvdata(&pdev->dev));

	cxl_vfio_dvsec_reset(cvd);
	cxl_vfio_gate_release(cvd);
}

/* A link that went down comes back by a reset, or not at all */
static pci_ers_result_t cxl_vfio_error_detected(struct pci_dev *pdev,
						pci_channel_state_t state)
{
	struct cxl_vfio_device *cvd = to_cxl_vfio(dev_get_drvdata(&pdev->dev));

	if (cvd->region && state != pci_channel_io_normal)
		cxl_vfio_gate_lost(cvd);
	return vfio_pci_core_aer_err_detected(pdev, state);
}

static void cxl_vfio_resume(struct pci_dev *pdev)
{
	cxl_vfio_reset_prepare(pdev);
	cxl_vfio_reset_done(pdev);
}

static const struct pci_error_handlers cxl_vfio_err_handlers = {
	.error_detected	= cxl_vfio_error_detected,
	.resume		= cxl_vfio_resume,
	.reset_prepare	= cxl_vfio_reset_prepare,
	.reset_done	= cxl_vfio_reset_done,
};

static const struct pci_device_id cxl_vfio_id_table[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_ANY_ID, PCI_ANY_ID) },
	{}
};

/*
 * The module's alias, for who looks for the best VFIO driver of a device:
 * less than the driver takes. An alias for every device would compete with
 * the one of vfio-pci.
 */
static const struct pci_device_id cxl_vfio_alias_table[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_ANY_ID, PCI_ANY_ID),
	  .class = PCI_CLASS_MEMORY_CXL << 8, .class_mask = 0xffff00 },
	{}
};
MODULE_DEVICE_TABLE(pci, cxl_vfio_alias_table);

static struct pci_driver cxl_vfio_driver = {
	.name = "cxl-vfio-pci",
	.id_table = cxl_vfio_id_table,
	.probe = cxl_vfio_probe,
	.remove = cxl_vfio_remove,
	.err_handler = &cxl_vfio_err_handlers,
	.driver_managed_dma = true,
};
module_pci_driver(cxl_vfio_driver);

MODULE_DESCRIPTION("VFIO driver for a PCI device with a CXL region of a requested size");
MODULE_AUTHOR("cxl-presize developers");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("CXL_PRESIZE");

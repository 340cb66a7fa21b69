// SPDX-License-Identifier: GPL-2.0-only
/*
 * The HDM decoder registers that a user sees (CXL 3.1 8.2.4.20)
 *
 * Not those of the device: one decoder, committed and locked with the size
 * that was delivered, however many the device has. There is nothing for a
 * guest to program, and nothing that it writes reaches the hardware.
 */
#include <linux/bits.h>
#include <linux/capability.h>
#include <linux/pci.h>
#include <linux/uaccess.h>
#include <linux/wordpart.h>

#include "cxl_vfio.h"

#define HDM_CAP				0x00
#define   HDM_CAP_TARGET_COUNT_1	BIT(4)
#define HDM_GLOBAL_CTRL			0x04
#define   HDM_GLOBAL_CTRL_ENABLE	BIT(1)
#define HDM_BASE_LOW			0x10
#define HDM_BASE_HIGH			0x14
#define HDM_SIZE_LOW			0x18
#define HDM_SIZE_HIGH			0x1c
#define HDM_CTRL			0x20
#define   HDM_CTRL_LOCK			BIT(8)
#define   HDM_CTRL_COMMIT		BIT(9)
#define   HDM_CTRL_COMMITTED		BIT(10)
#define   HDM_CTRL_HOST_ONLY		BIT(12)

static void set_reg(struct cxl_vfio_device *cvd, unsigned int reg, u32 value)
{
	cvd->decoder[reg / sizeof(__le32)] = cpu_to_le32(value);
}

/*
 * Where the memory is on the host is nothing that an ordinary user should
 * learn, no more than other physical addresses. Decoder Count 0 stands for
 * one decoder; all the interleave capabilities are left out.
 */
static void cxl_vfio_decoder_fill(struct cxl_vfio_device *cvd)
{
	u64 base = capable(CAP_SYS_ADMIN) ? cvd->region->hpa.start : 0;
	u64 size = range_len(&cvd->region->hpa);
	u32 ctrl = HDM_CTRL_LOCK | HDM_CTRL_COMMIT | HDM_CTRL_COMMITTED;

	if (cvd->region->host_only)
		ctrl |= HDM_CTRL_HOST_ONLY;

	memset(cvd->decoder, 0, sizeof(cvd->decoder));
	set_reg(cvd, HDM_CAP, HDM_CAP_TARGET_COUNT_1);
	set_reg(cvd, HDM_GLOBAL_CTRL, HDM_GLOBAL_CTRL_ENABLE);
	set_reg(cvd, HDM_BASE_LOW, lower_32_bits(base));
	set_reg(cvd, HDM_BASE_HIGH, upper_32_bits(base));
	set_reg(cvd, HDM_SIZE_LOW, lower_32_bits(size));
	set_reg(cvd, HDM_SIZE_HIGH, upper_32_bits(size));
	set_reg(cvd, HDM_CTRL, ctrl);
}

static ssize_t access_dword(struct cxl_vfio_device *cvd, char __user *buf,
			    u64 offset, bool iswrite)
{
	__le32 val = 0;

	if (iswrite) {
		if (copy_from_user(&val, buf, sizeof(val)))
			return -EFAULT;
		return sizeof(val);
	}

	if (offset < CXL_VFIO_DECODER_SIZE)
		val = cvd->decoder[offset / sizeof(val)];
	if (copy_to_user(buf, &val, sizeof(val)))
		return -EFAULT;
	return sizeof(val);
}

/**
 * cxl_vfio_decoder_access - read or write decoder registers
 * @cvd: the device
 * @buf: the user's buffer
 * @count: length of the access
 * @offset: where in the HDM decoder capability structure
 * @iswrite: is it a write?
 *
 * Behind the one decoder there is nothing, which reads as zero.
 *
 * Return: @count, -EINVAL if these are not aligned dwords, or -EFAULT.
 */
ssize_t cxl_vfio_decoder_access(struct cxl_vfio_device *cvd, char __user *buf,
				size_t count, u64 offset, bool iswrite)
{
	ssize_t ret;

	if (!IS_ALIGNED(offset | count, sizeof(__le32)))
		return -EINVAL;

	for (size_t done = 0; done < count; done += sizeof(__le32)) {
		ret = access_dword(cvd, buf + done, offset + done, iswrite);
		if (ret < 0)
			return ret;
	}
	return count;
}

static ssize_t cxl_vfio_decoder_rw(struct vfio_pci_core_device *core,
				   char __user *buf, size_t count, loff_t *ppos,
				   bool iswrite)
{
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	ssize_t ret;

	if (count != sizeof(__le32) || pos >= CXL_VFIO_DECODER_SIZE)
		return -EINVAL;

	ret = cxl_vfio_decoder_access(to_cxl_vfio(core), buf, count, pos,
				      iswrite);
	if (ret > 0)
		*ppos += ret;
	return ret;
}

static int cxl_vfio_decoder_add_capability(struct vfio_pci_core_device *core,
					   struct vfio_pci_region *region,
					   struct vfio_info_cap *caps)
{
	struct cxl_presize_region *cxlr = to_cxl_vfio(core)->region;
	struct vfio_region_info_cap_cxl_comp_regs cap = {
		.header.id = VFIO_REGION_INFO_CAP_CXL_COMP_REGS,
		.header.version = 1,
		.bar = cxlr->bar,
		.offset = cxlr->hdm_offset,
	};

	return vfio_info_add_capability(caps, &cap.header, sizeof(cap));
}

/* The core calls this at every close, without asking whether it is there */
static void cxl_vfio_decoder_release(struct vfio_pci_core_device *core,
				     struct vfio_pci_region *region)
{
}

static const struct vfio_pci_regops cxl_vfio_decoder_regops = {
	.rw = cxl_vfio_decoder_rw,
	.add_capability = cxl_vfio_decoder_add_capability,
	.release = cxl_vfio_decoder_release,
};

/**
 * cxl_vfio_decoder_open - add the decoder registers to what a user sees
 * @cvd: the device
 *
 * Return: 0 or an error.
 */
int cxl_vfio_decoder_open(struct cxl_vfio_device *cvd)
{
	cxl_vfio_decoder_fill(cvd);
	return vfio_pci_core_register_dev_region(&cvd->core,
						 VFIO_REGION_TYPE_PCI_VENDOR_TYPE |
						 VFIO_CXL_VENDOR_ID,
						 VFIO_REGION_SUBTYPE_CXL_COMP_REGS,
						 &cxl_vfio_decoder_regops,
						 CXL_VFIO_DECODER_SIZE,
						 VFIO_REGION_INFO_FLAG_READ |
						 VFIO_REGION_INFO_FLAG_WRITE,
						 NULL);
}

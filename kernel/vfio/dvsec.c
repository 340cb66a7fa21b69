// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CXL Device DVSEC that a user sees (CXL 3.1 8.1.3)
 *
 * The core lets writes to a DVSEC through to the device. A guest could take
 * the device out of CXL.mem, reset it past everyone who has to know, or lock
 * its configuration until the next power cycle. So the user has a copy: made
 * at every open, and again what it was then after a reset. The device itself
 * is never written.
 */
#include <linux/bitfield.h>
#include <linux/cleanup.h>
#include <linux/pci.h>
#include <linux/spinlock.h>
#include <linux/time64.h>
#include <linux/uaccess.h>
#include <linux/unaligned.h>

#include "cxl_vfio.h"

/* What <linux/pci_regs.h> does not have */
#define DVSEC_CAP_MEM_CLR_CAPABLE	BIT(11)
#define DVSEC_CTRL			PCI_DVSEC_CXL_CTRL
#define  DVSEC_CTRL_RW			0x4ffd
#define DVSEC_STATUS			0x0e
#define  DVSEC_STATUS_VIRAL		BIT(14)
#define DVSEC_CTRL2			0x10
#define  DVSEC_CTRL2_DISABLE_CACHING	BIT(0)
#define  DVSEC_CTRL2_CACHE_WBI		BIT(1)
#define  DVSEC_CTRL2_RESET		BIT(2)
#define  DVSEC_CTRL2_MEM_CLR_ENABLE	BIT(3)
#define  DVSEC_CTRL2_VOLATILE_HDM	BIT(4)
#define DVSEC_STATUS2			0x12
#define  DVSEC_STATUS2_CACHE_INVALID	BIT(0)
#define  DVSEC_STATUS2_RESET_COMPLETE	BIT(1)
#define  DVSEC_STATUS2_RESET_ERROR	BIT(2)
#define  DVSEC_STATUS2_HDM_LOST		BIT(3)
#define DVSEC_RANGES_END		0x38

#define DVSEC_CHUNK			64

/* What of a register a write changes; all the others are frozen */
static const struct dvsec_reg {
	u16 offset;
	u16 rw;
	u16 w1c;
} dvsec_regs[] = {
	{ DVSEC_CTRL, .rw = DVSEC_CTRL_RW },
	{ DVSEC_STATUS, .w1c = DVSEC_STATUS_VIRAL },
	{ DVSEC_CTRL2, .rw = DVSEC_CTRL2_DISABLE_CACHING |
			     DVSEC_CTRL2_MEM_CLR_ENABLE |
			     DVSEC_CTRL2_VOLATILE_HDM },
	{ DVSEC_STATUS2, .w1c = DVSEC_STATUS2_HDM_LOST },
};

/*
 * Initiate CXL Reset and Initiate Cache Write Back and Invalidation are done
 * as soon as they are written, and read as zero (CXL 3.1 8.1.3.4, 8.1.3.5).
 */
static void ring_doorbells(struct cxl_vfio_device *cvd, u8 ctrl2)
{
	u8 *status2 = &cvd->dvsec_now[DVSEC_STATUS2];

	if (ctrl2 & DVSEC_CTRL2_RESET) {
		*status2 |= DVSEC_STATUS2_RESET_COMPLETE;
		*status2 &= ~DVSEC_STATUS2_RESET_ERROR;
	}
	if (ctrl2 & DVSEC_CTRL2_CACHE_WBI)
		*status2 |= DVSEC_STATUS2_CACHE_INVALID;
	else if (!(ctrl2 & DVSEC_CTRL2_DISABLE_CACHING))
		*status2 &= ~DVSEC_STATUS2_CACHE_INVALID;
}

static const struct dvsec_reg *find_reg(unsigned int offset)
{
	for (size_t i = 0; i < ARRAY_SIZE(dvsec_regs); i++)
		if (dvsec_regs[i].offset == ALIGN_DOWN(offset, 2))
			return &dvsec_regs[i];
	return NULL;
}

/* Byte by byte, so that no length and no alignment of a write is special */
static void write_byte(struct cxl_vfio_device *cvd, unsigned int offset, u8 val)
{
	const struct dvsec_reg *reg = find_reg(offset);
	unsigned int shift = offset % 2 * BITS_PER_BYTE;
	u8 *now = &cvd->dvsec_now[offset];
	u8 rw, w1c;

	if (!reg)
		return;
	rw = reg->rw >> shift;
	w1c = reg->w1c >> shift;
	*now = (*now & ~rw & ~(val & w1c)) | (val & rw);
	if (offset == DVSEC_CTRL2)
		ring_doorbells(cvd, val);
}

/**
 * cxl_vfio_dvsec_rw - read or write the user's copy of the DVSEC
 * @cvd: the device
 * @buf: the user's buffer
 * @count: length of the access, which ends in the DVSEC
 * @offset: where in the DVSEC
 * @iswrite: is it a write?
 *
 * Return: how many bytes were done, not always all, or -EFAULT.
 */
ssize_t cxl_vfio_dvsec_rw(struct cxl_vfio_device *cvd, char __user *buf,
			  size_t count, unsigned int offset, bool iswrite)
{
	u8 data[DVSEC_CHUNK];

	count = min(count, sizeof(data));
	if (iswrite) {
		if (copy_from_user(data, buf, count))
			return -EFAULT;
		guard(spinlock)(&cvd->dvsec_lock);
		for (size_t i = 0; i < count; i++)
			write_byte(cvd, offset + i, data[i]);
		return count;
	}

	scoped_guard(spinlock, &cvd->dvsec_lock)
		memcpy(data, cvd->dvsec_now + offset, count);
	return copy_to_user(buf, data, count) ? -EFAULT : count;
}

/* CXL 3.1 8.1.3.8.2: Memory_Active_Timeout is 1, 4, 16, 64 or 256 s */
static unsigned int active_timeout_ms(u32 range_low)
{
	u32 timeout = FIELD_GET(PCI_DVSEC_CXL_MEM_ACTIVE_TIMEOUT, range_low);

	return MSEC_PER_SEC << 2 * min(timeout, 4U);
}

/**
 * cxl_vfio_dvsec_active - does the device say that its memory is there?
 * @cvd: the device
 * @wait_ms: result, may be NULL: how long it may take to say so
 *
 * A device that leaves Range 1 empty does not say, and is believed to be ready.
 *
 * Return: true if it is.
 */
bool cxl_vfio_dvsec_active(struct cxl_vfio_device *cvd, unsigned int *wait_ms)
{
	unsigned int low_at = cvd->dvsec + PCI_DVSEC_CXL_RANGE_SIZE_LOW(0);
	unsigned int high_at = cvd->dvsec + PCI_DVSEC_CXL_RANGE_SIZE_HIGH(0);
	u32 low = 0, high = 0;

	if (cvd->dvsec_len >= DVSEC_RANGES_END) {
		pci_read_config_dword(cvd->core.pdev, low_at, &low);
		pci_read_config_dword(cvd->core.pdev, high_at, &high);
	}
	if (wait_ms)
		*wait_ms = MSEC_PER_SEC + active_timeout_ms(low);
	if (!low && !high)
		return true;
	return low != ~0U && low & PCI_DVSEC_CXL_MEM_INFO_VALID &&
	       low & PCI_DVSEC_CXL_MEM_ACTIVE;
}

static void set_size_low(u8 *range, u64 size, u32 flags)
{
	u32 low = get_unaligned_le32(range);

	low &= ~PCI_DVSEC_CXL_MEM_SIZE_LOW;
	low |= lower_32_bits(size) & PCI_DVSEC_CXL_MEM_SIZE_LOW;
	put_unaligned_le32(low | flags, range);
}

/*
 * Range 1 is the region and Range 2 is nothing, whatever else the device has:
 * a guest is to find one size. The bases are the host's, and a device whose
 * decoders are enabled does not use them (CXL 3.1 8.1.3.8).
 */
static void present_region(struct cxl_vfio_device *cvd)
{
	u64 size = range_len(&cvd->region->hpa);
	u8 *image = cvd->dvsec_open;

	if (cvd->dvsec_len < DVSEC_RANGES_END)
		return;

	put_unaligned_le32(upper_32_bits(size),
			   image + PCI_DVSEC_CXL_RANGE_SIZE_HIGH(0));
	set_size_low(image + PCI_DVSEC_CXL_RANGE_SIZE_LOW(0), size,
		     PCI_DVSEC_CXL_MEM_INFO_VALID | PCI_DVSEC_CXL_MEM_ACTIVE);
	put_unaligned_le32(0, image + PCI_DVSEC_CXL_RANGE_SIZE_HIGH(1));
	set_size_low(image + PCI_DVSEC_CXL_RANGE_SIZE_LOW(1), 0, 0);
	for (int i = 0; i < CXL_DVSEC_RANGE_MAX; i++) {
		put_unaligned_le32(0, image + PCI_DVSEC_CXL_RANGE_BASE_HIGH(i));
		put_unaligned_le32(0, image + PCI_DVSEC_CXL_RANGE_BASE_LOW(i));
	}
}

/**
 * cxl_vfio_dvsec_reset - what a reset does to the user's copy
 * @cvd: the device
 */
void cxl_vfio_dvsec_reset(struct cxl_vfio_device *cvd)
{
	guard(spinlock)(&cvd->dvsec_lock);

	if (cvd->dvsec)
		memcpy(cvd->dvsec_now, cvd->dvsec_open, cvd->dvsec_len);
}

/**
 * cxl_vfio_dvsec_open - make the copy for a new user
 * @cvd: the device, enabled by the core, with its decoder restored
 *
 * A CXL reset that is not one does not clear memory, and so does not say that
 * it could.
 */
void cxl_vfio_dvsec_open(struct cxl_vfio_device *cvd)
{
	u8 *image = cvd->dvsec_open;

	if (!cvd->dvsec)
		return;

	for (int i = 0; i < cvd->dvsec_len; i++)
		pci_read_config_byte(cvd->core.pdev, cvd->dvsec + i, &image[i]);
	image[PCI_DVSEC_CXL_CAP + 1] &= ~(DVSEC_CAP_MEM_CLR_CAPABLE >> 8);
	if (cvd->region)
		present_region(cvd);
	cxl_vfio_dvsec_reset(cvd);
}

/**
 * cxl_vfio_dvsec_init - find the DVSEC of a device
 * @cvd: the device, in probe()
 *
 * Return: 0, also where there is none, or an error.
 */
int cxl_vfio_dvsec_init(struct cxl_vfio_device *cvd)
{
	struct pci_dev *pdev = cvd->core.pdev;
	u32 header;
	int pos;

	spin_lock_init(&cvd->dvsec_lock);
	pos = pci_find_dvsec_capability(pdev, PCI_VENDOR_ID_CXL,
					PCI_DVSEC_CXL_DEVICE);
	if (!pos)
		return 0;

	pci_read_config_dword(pdev, pos + PCI_DVSEC_HEADER1, &header);
	cvd->dvsec_len = min_t(int, PCI_DVSEC_HEADER1_LEN(header),
			       pdev->cfg_size - pos);
	if (cvd->dvsec_len < DVSEC_STATUS2 + sizeof(u16)) {
		pci_err(pdev, "the CXL Device DVSEC is %#x bytes long\n",
			cvd->dvsec_len);
		return -ENXIO;
	}

	cvd->dvsec_open = devm_kzalloc(&pdev->dev, 2 * cvd->dvsec_len,
				       GFP_KERNEL);
	if (!cvd->dvsec_open)
		return -ENOMEM;
	cvd->dvsec_now = cvd->dvsec_open + cvd->dvsec_len;
	cvd->dvsec = pos;
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The HDM decoder registers of a device (CXL 3.1 8.2.4.20), and the DVSEC
 * registers that go with them (CXL 3.1 8.1.3)
 */
#include <linux/bitfield.h>
#include <linux/cleanup.h>
#include <linux/delay.h>
#include <linux/error-injection.h>
#include <linux/io.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>

#include <cxl/cxl.h>
#include <cxl/pci.h>

#include "presize.h"

#define HDM_CAP			0x00
#define  HDM_CAP_COUNT		GENMASK(3, 0)
#define  HDM_CAP_COHERENCE	GENMASK(22, 21)
#define  HDM_CAP_DEVICE_ONLY	1
#define HDM_CTRL		0x04
#define  HDM_CTRL_ENABLE	BIT(1)
#define HDM_BASE_LOW(n)		(0x10 + 0x20 * (n))
#define HDM_BASE_HIGH(n)	(0x14 + 0x20 * (n))
#define HDM_SIZE_LOW(n)		(0x18 + 0x20 * (n))
#define HDM_SIZE_HIGH(n)	(0x1c + 0x20 * (n))
#define HDM_DEC_CTRL(n)		(0x20 + 0x20 * (n))
#define  HDM_DEC_LOCK		BIT(8)
#define  HDM_DEC_COMMIT		BIT(9)
#define  HDM_DEC_COMMITTED	BIT(10)
#define  HDM_DEC_ERROR		BIT(11)
#define  HDM_DEC_HOST_ONLY	BIT(12)
#define HDM_SKIP_LOW(n)		(0x24 + 0x20 * (n))
#define HDM_SKIP_HIGH(n)	(0x28 + 0x20 * (n))

/* CXL 3.1 8.2.4.20.12: a decoder commits within 10 ms */
#define COMMIT_POLL_MS		1
#define COMMIT_TIMEOUT_MS	20

/* CXL 3.1 8.1.3.8.2 */
#define MEM_VALID_TIMEOUT_MS	1000
#define MEM_POLL_MS		10

static bool bars_assigned(struct pci_dev *pdev)
{
	for (int bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
		struct resource *res = &pdev->resource[bar];

		if (!(res->flags & IORESOURCE_MEM) || !resource_size(res))
			continue;
		if (res->flags & IORESOURCE_UNSET || !res->start)
			return false;
	}
	return true;
}

/**
 * presize_hdm_find - find the HDM decoder capability of a device
 * @pdev: the device, with Memory Space enabled
 * @map: result, as the CXL core keeps it
 *
 * Context: may sleep.
 * Return: 0, -ENODEV where there is none, or another negative error.
 */
int presize_hdm_find(struct pci_dev *pdev, struct cxl_register_map *map)
{
	int rc;

	*map = (struct cxl_register_map) {
		.host = &pdev->dev,
		.resource = -1ULL,
	};
	if (!bars_assigned(pdev))
		return -ENODEV;
	rc = cxl_pci_setup_regs(pdev, CXL_REGLOC_RBI_COMPONENT, map);
	if (rc)
		return rc;
	return map->component_map.hdm_decoder.valid ? 0 : -ENODEV;
}
ALLOW_ERROR_INJECTION(presize_hdm_find, ERRNO);

/**
 * presize_hdm_host_only - the coherence of the memory of a device
 * @pdev: the device
 * @dvsec: its CXL Device DVSEC
 * @capability: its HDM Decoder Capability register (CXL 3.1 8.2.4.20.1)
 *
 * Return: true for host-only coherent memory (HDM-H), false for
 * device-coherent memory (HDM-D, HDM-DB).
 */
bool presize_hdm_host_only(struct pci_dev *pdev, u16 dvsec, u32 capability)
{
	u16 cap = 0;

	pci_read_config_word(pdev, dvsec + PCI_DVSEC_CXL_CAP, &cap);
	if (cap & PCI_DVSEC_CXL_CACHE_CAPABLE)
		return false;
	return FIELD_GET(HDM_CAP_COHERENCE, capability) != HDM_CAP_DEVICE_ONLY;
}

/* CXL 3.1 8.2.4.20.1: encoding of the number of decoders */
static int decoder_count(u32 capability)
{
	unsigned int count = FIELD_GET(HDM_CAP_COUNT, capability);

	if (count > 12)
		return -EIO;
	if (!count)
		return 1;
	return count <= 8 ? count * 2 : (count - 4) * 4;
}

/**
 * presize_hdm_read - read one decoder
 * @hdm: the HDM decoder capability
 * @id: number of the decoder
 * @dec: result
 *
 * Return: 0, or -EIO where the registers do not answer.
 */
int presize_hdm_read(void __iomem *hdm, int id, struct presize_decoder *dec)
{
	dec->id = id;
	dec->ctrl = readl(hdm + HDM_DEC_CTRL(id));
	if (dec->ctrl == ~0U)
		return -EIO;
	dec->base = (u64)readl(hdm + HDM_BASE_HIGH(id)) << 32 |
		    readl(hdm + HDM_BASE_LOW(id));
	dec->size = (u64)readl(hdm + HDM_SIZE_HIGH(id)) << 32 |
		    readl(hdm + HDM_SIZE_LOW(id));
	dec->skip = (u64)readl(hdm + HDM_SKIP_HIGH(id)) << 32 |
		    readl(hdm + HDM_SKIP_LOW(id));
	return 0;
}

/**
 * presize_hdm_is_committed - does a decoder decode what its registers say
 * @dec: the decoder, as it was read
 *
 * Return: true if it does.
 */
bool presize_hdm_is_committed(const struct presize_decoder *dec)
{
	return dec->ctrl & HDM_DEC_COMMITTED;
}

/**
 * presize_hdm_committed - find the committed decoders of a device
 * @hdm: the HDM decoder capability
 * @dec: the first committed one
 *
 * Return: how many are committed, or -EIO where the registers do not answer.
 */
int presize_hdm_committed(void __iomem *hdm, struct presize_decoder *dec)
{
	int count = decoder_count(readl(hdm + HDM_CAP));
	int committed = 0;

	for (int id = 0; id < count; id++) {
		struct presize_decoder this;

		if (presize_hdm_read(hdm, id, &this))
			return -EIO;
		if (presize_hdm_is_committed(&this) && !committed++)
			*dec = this;
	}
	return count < 0 ? count : committed;
}

static void write_decoder(void __iomem *hdm, const struct presize_decoder *dec)
{
	int id = dec->id;

	writel(upper_32_bits(dec->base), hdm + HDM_BASE_HIGH(id));
	writel(lower_32_bits(dec->base), hdm + HDM_BASE_LOW(id));
	writel(upper_32_bits(dec->size), hdm + HDM_SIZE_HIGH(id));
	writel(lower_32_bits(dec->size), hdm + HDM_SIZE_LOW(id));
	writel(upper_32_bits(dec->skip), hdm + HDM_SKIP_HIGH(id));
	writel(lower_32_bits(dec->skip), hdm + HDM_SKIP_LOW(id));
	writel(dec->ctrl & ~HDM_DEC_COMMITTED, hdm + HDM_DEC_CTRL(id));
}

static bool is_committed(void __iomem *hdm, const struct presize_decoder *want)
{
	struct presize_decoder now;

	return !presize_hdm_read(hdm, want->id, &now) &&
	       presize_hdm_is_committed(&now) &&
	       now.base == want->base && now.size == want->size &&
	       now.skip == want->skip;
}

/**
 * presize_hdm_commit - see to it that a decoder is committed
 * @hdm: the HDM decoder capability
 * @dec: what it has to decode
 *
 * A reset of the device may have wiped the decoder. It is written only where
 * it is not committed at all: one that decodes something else is not ours.
 *
 * Context: may sleep.
 * Return: 0, -EIO where the device refuses or does not answer, -EBUSY where
 * something else is committed, -ETIMEDOUT.
 */
int presize_hdm_commit(void __iomem *hdm, const struct presize_decoder *dec)
{
	u32 ctrl;

	if (is_committed(hdm, dec))
		return 0;
	ctrl = readl(hdm + HDM_DEC_CTRL(dec->id));
	if (ctrl == ~0U)
		return -EIO;
	if (ctrl & HDM_DEC_COMMITTED)
		return -EBUSY;

	writel(readl(hdm + HDM_CTRL) | HDM_CTRL_ENABLE, hdm + HDM_CTRL);
	write_decoder(hdm, dec);
	for (int ms = 0; ms < COMMIT_TIMEOUT_MS; ms += COMMIT_POLL_MS) {
		ctrl = readl(hdm + HDM_DEC_CTRL(dec->id));
		if (ctrl & HDM_DEC_ERROR)
			break;
		if (ctrl & HDM_DEC_COMMITTED)
			return is_committed(hdm, dec) ? 0 : -EIO;
		fsleep(COMMIT_POLL_MS * USEC_PER_MSEC);
	}
	writel(ctrl & ~(HDM_DEC_COMMIT | HDM_DEC_LOCK),
	       hdm + HDM_DEC_CTRL(dec->id));
	return ctrl & HDM_DEC_ERROR ? -EIO : -ETIMEDOUT;
}
ALLOW_ERROR_INJECTION(presize_hdm_commit, ERRNO);

/* Memory Space may be off, which does not stop a committed decoder */
static u16 reach_registers(struct pci_dev *pdev)
{
	u16 cmd;

	pci_read_config_word(pdev, PCI_COMMAND, &cmd);
	if (!(cmd & PCI_COMMAND_MEMORY))
		pci_write_config_word(pdev, PCI_COMMAND,
				      cmd | PCI_COMMAND_MEMORY);
	return cmd;
}

static void leave_registers(struct pci_dev *pdev, u16 cmd)
{
	if (!(cmd & PCI_COMMAND_MEMORY))
		pci_write_config_word(pdev, PCI_COMMAND, cmd);
}

static int reset_decoder(void __iomem *hdm, int id)
{
	u32 ctrl = readl(hdm + HDM_DEC_CTRL(id));

	if (ctrl == ~0U || !(ctrl & HDM_DEC_COMMITTED))
		return 0;
	writel(ctrl & ~(HDM_DEC_COMMIT | HDM_DEC_LOCK),
	       hdm + HDM_DEC_CTRL(id));
	ctrl = readl(hdm + HDM_DEC_CTRL(id));
	return ctrl != ~0U && ctrl & HDM_DEC_COMMITTED ? -EIO : 1;
}

/**
 * presize_hdm_reset - see to it that a device decodes nothing
 * @pdev: the device
 * @hdm: its HDM decoder capability
 *
 * Decoders go from the highest down (CXL 3.1 8.2.4.20.12). A device that is
 * gone decodes nothing.
 *
 * Context: holds device_lock of @pdev; may sleep.
 * Return: how many were committed, or -EIO where one stays so.
 */
int presize_hdm_reset(struct pci_dev *pdev, void __iomem *hdm)
{
	int count, rc = 0, reset = 0;
	u16 cmd;

	device_lock_assert(&pdev->dev);
	cmd = reach_registers(pdev);
	count = decoder_count(readl(hdm + HDM_CAP));
	for (int id = count - 1; id >= 0 && rc >= 0; id--) {
		rc = reset_decoder(hdm, id);
		reset += rc;
	}
	leave_registers(pdev, cmd);
	return rc < 0 ? rc : reset;
}

static int peek_mapped(struct pci_dev *pdev, u16 dvsec,
		       struct presize_decoder *dec, bool *host_only)
{
	struct cxl_register_map map;
	void __iomem *hdm;
	int rc;

	rc = presize_hdm_find(pdev, &map);
	if (rc)
		return rc;
	hdm = ioremap(map.resource + map.component_map.hdm_decoder.offset,
		      map.component_map.hdm_decoder.size);
	if (!hdm)
		return -ENOMEM;
	rc = presize_hdm_committed(hdm, dec);
	if (rc >= 0)
		*host_only = presize_hdm_host_only(pdev, dvsec,
						   readl(hdm + HDM_CAP));
	iounmap(hdm);
	return rc;
}

/**
 * presize_hdm_peek - what a device without a driver decodes
 * @pdev: the device
 * @dvsec: its CXL Device DVSEC
 * @dec: the first committed decoder
 * @host_only: coherence of its memory
 *
 * Memory Space is switched on for the look, and back.
 *
 * Context: holds device_lock of @pdev, which has no driver.
 * Return: how many decoders are committed, or a negative error.
 */
int presize_hdm_peek(struct pci_dev *pdev, u16 dvsec,
		     struct presize_decoder *dec, bool *host_only)
{
	u16 cmd;
	int rc;

	device_lock_assert(&pdev->dev);
	rc = pm_runtime_resume_and_get(&pdev->dev);
	if (rc < 0)
		return rc;
	if (!bars_assigned(pdev)) {
		pm_runtime_put(&pdev->dev);
		return -ENODEV;
	}
	cmd = reach_registers(pdev);
	rc = peek_mapped(pdev, dvsec, dec, host_only);
	leave_registers(pdev, cmd);
	pm_runtime_put(&pdev->dev);
	return rc;
}

static int await_range_bit(struct pci_dev *pdev, u16 dvsec, u32 bit,
			   unsigned int timeout_ms)
{
	u32 low;

	for (unsigned int ms = 0;; ms += MEM_POLL_MS) {
		pci_read_config_dword(pdev,
				      dvsec + PCI_DVSEC_CXL_RANGE_SIZE_LOW(0),
				      &low);
		if (low != ~0U && low & bit)
			return 0;
		if (ms >= timeout_ms)
			return -ETIMEDOUT;
		if (msleep_interruptible(MEM_POLL_MS))
			return -EINTR;
	}
}

/**
 * presize_await_memory - wait until a device says that its memory is there
 * @pdev: the device
 * @dvsec: its CXL Device DVSEC
 *
 * After a reset this takes as long as Memory_Active_Timeout says, 1 to 256 s
 * (CXL 3.1 8.1.3.8.2). A device that leaves the range registers empty does not
 * say, and is believed to be ready.
 *
 * Context: may sleep, for minutes; ends early when the task gets a signal.
 * Return: 0, -ETIMEDOUT or -EINTR.
 */
int presize_await_memory(struct pci_dev *pdev, u16 dvsec)
{
	u32 low, high;
	int rc;

	pci_read_config_dword(pdev, dvsec + PCI_DVSEC_CXL_RANGE_SIZE_LOW(0),
			      &low);
	pci_read_config_dword(pdev, dvsec + PCI_DVSEC_CXL_RANGE_SIZE_HIGH(0),
			      &high);
	if (!low && !high)
		return 0;
	rc = await_range_bit(pdev, dvsec, PCI_DVSEC_CXL_MEM_INFO_VALID,
			     MEM_VALID_TIMEOUT_MS);
	if (rc)
		return rc;
	pci_read_config_dword(pdev, dvsec + PCI_DVSEC_CXL_RANGE_SIZE_LOW(0),
			      &low);
	/* 1, 4, 16, 64, 256 s */
	return await_range_bit(pdev, dvsec, PCI_DVSEC_CXL_MEM_ACTIVE,
			       MSEC_PER_SEC <<
			       2 * min(FIELD_GET(PCI_DVSEC_CXL_MEM_ACTIVE_TIMEOUT,
						 low), 4));
}

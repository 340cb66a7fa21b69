# SPDX-License-Identifier: GPL-2.0-only
# The devices that topologies with an accelerator and their guests use, and what
# those need.
CONFIG_Q35=y
CONFIG_VTD=y
CONFIG_PXB=y
CONFIG_CXL=y
CONFIG_CXL_MEM_DEVICE=y
CONFIG_VIRTIO_PCI=y
CONFIG_VIRTIO_9P=y
CONFIG_VIRTIO_SERIAL=y
CONFIG_PCIE_PORT=y
CONFIG_VFIO=y
CONFIG_VFIO_PCI=y

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/frames.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "base/cleanup.h"

#define ETHERTYPE_LOCAL 0x88b5 /* "IEEE 802 local experimental 1" */
#define SLOT		256    /* bytes for a frame and the kernel's notes on it */
#define RING_BYTES	((size_t)FRAMES * SLOT)
#define DATA_AT		(TPACKET2_HDRLEN - sizeof(struct sockaddr_ll))

static struct tpacket2_hdr *slot_of(const struct frames *f, unsigned int i)
{
	return (struct tpacket2_hdr *)(void *)(f->ring + (size_t)i * SLOT);
}

/* A transmit ring that leaves out the queue, and its socket, which receives nothing. */
static int open_ring(int fd, uint8_t **ret)
{
	const struct tpacket_req ring = {
		.tp_block_size = RING_BYTES,
		.tp_block_nr = 1,
		.tp_frame_size = SLOT,
		.tp_frame_nr = FRAMES,
	};
	const struct sockaddr_ll lo = { .sll_family = AF_PACKET,
					.sll_ifindex = (int)if_nametoindex("lo") };
	const int version = TPACKET_V2, yes = 1;
	void *mem;

	if (!lo.sll_ifindex || setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_TX_RING, &ring, sizeof(ring)) ||
	    bind(fd, (const struct sockaddr *)&lo, sizeof(lo)))
		return -errno;
	mem = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED)
		return -errno;
	*ret = mem;
	return 0;
}

void frames_open(struct frames *f)
{
	const struct ethhdr head = { .h_proto = htons(ETHERTYPE_LOCAL) };
	auto_close int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	*f = (struct frames){ .fd = -1 };
	if (fd < 0 || open_ring(fd, &f->ring))
		return;
	for (unsigned int i = 0; i < FRAMES; i++) {
		struct tpacket2_hdr *slot = slot_of(f, i);

		slot->tp_len = sizeof(head) + 1;
		memcpy((uint8_t *)slot + DATA_AT, &head, sizeof(head));
	}
	f->fd = take_fd(fd);
}

void frames_done(struct frames *f)
{
	if (f->ring)
		(void)munmap(f->ring, RING_BYTES);
	cleanup_close_fd(&f->fd);
}

int frames_send(struct frames *f, unsigned int n)
{
	for (unsigned int sent = 0; sent < n; sent += FRAMES) {
		for (unsigned int i = 0; i < FRAMES; i++)
			slot_of(f, i)->tp_status = TP_STATUS_SEND_REQUEST;
		if (send(f->fd, NULL, 0, 0) < 0)
			return -errno;
	}
	return 0;
}

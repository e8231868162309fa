/* SPDX-License-Identifier: MIT */
/*
 * The truth about probes: when each really left a network device, and when its echo really came, by
 * the kernel's timestamps of the packets. Follows every TCP connection to a /16 network, in which
 * each address is a target, from its SYN on, and writes what it saw when SIGTERM ends it
 * (packet(7); Documentation/networking/packet_mmap.rst, TPACKET_V3).
 *
 * The output is 64-bit words in native byte order: struct totals, then for each connection, in the
 * order of their SYNs, struct flow_facts and its frames as struct frame_times.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* Of every frame, and of a hello: docs/wire.md. */
#define HEAD_SIZE 16U
#define STAMPED_SIZE 48U
#define TYPE_AT 7
#define HELLO "TCPSTMP\1"
#define HELLO_LENGTH 8
#define NS_PER_S INT64_C(1000000000)
#define TARGETS_MAX 65536
/* About 3 s at 100,000 probes per second. */
#define BLOCK_SIZE 262144U
#define BLOCKS 512U
/* A block that is not full is handed over after this time. */
#define BLOCK_TIMEOUT_MS 20U
/* After SIGTERM, this much silence means that nothing is left in the ring. */
#define SILENCE_MS 200
/* More holes than this in what came are not followed. */
#define RANGES_MAX 64U
/* Anything longer is many segments in one, which hides how many were retransmitted. */
#define PACKET_MAX 1500U
#define UNKNOWN INT64_C(-1)

struct totals {
	int64_t packets;
	int64_t drops;	    /* Packets that did not fit into the ring. */
	int64_t strays;	    /* Packets of connections whose SYN was not seen. */
	int64_t oversized;  /* Packets of several segments. */
	int64_t mismatches; /* Frames whose number does not match their place in the stream. */
	int64_t overflows;  /* Segments that came when there already were too many holes. */
	int64_t flows;
};

struct flow_facts {
	int64_t target; /* The last 16 bits of its address. */
	int64_t port;	/* This end's. */
	int64_t first_number;
	int64_t is_established;
	int64_t syns_again;	/* Retransmitted SYNs. */
	int64_t segments_again; /* Retransmitted segments with data. */
	int64_t resets_sent;
	int64_t resets_received;
	int64_t frames;
};

/* Real time in nanoseconds, or UNKNOWN. */
struct frame_times {
	int64_t stamped_ns;   /* What the frame says. */
	int64_t departed_ns;  /* The first copy of its first byte left. */
	int64_t arrived_ns;   /* The first copy of its echo's last byte came. */
	int64_t delivered_ns; /* All bytes up to its echo's last one had come. */
};

/* Offsets in the stream, from 0. */
struct range {
	uint32_t begin;
	uint32_t end;
};

struct flow {
	struct flow *next;
	struct flow_facts facts;
	struct frame_times *frames; /* Owned, as is the next: */
	uint32_t *ends;		    /* where in the stream each ends. */
	size_t capacity;
	uint32_t frame_begin; /* In the stream: the frame that is leaving. */
	uint32_t frame_size;  /* Once its head has left. */
	int64_t frame_departed_ns;
	uint8_t head[HEAD_SIZE];
	bool is_greeted;    /* A hello came first: frames have types. */
	uint32_t start_out; /* Sequence number of the first byte. */
	uint32_t start_in;
	bool is_answered; /* The peer's SYN has come. */
	bool is_over;	  /* This end has closed, or either has reset. */
	uint32_t sent;	  /* This many bytes of the stream have left. */
	uint32_t delivered;
	struct range ranges[RANGES_MAX]; /* What came after a hole: sorted, disjoint. */
	unsigned range_count;
};

/* A segment, taken apart. */
struct segment {
	int64_t time_ns;
	const struct tcphdr *tcp;
	const uint8_t *data;
	uint32_t length;
};

struct capture {
	struct totals totals;
	uint32_t network; /* Host order; the last 16 bits are 0. */
	struct flow *current[TARGETS_MAX];
	struct flow *first; /* Owned, with all that follow. */
	struct flow **end;
	uint8_t *ring;
	int fd;
};

static volatile sig_atomic_t is_ending;

static void on_signal(int number)
{
	(void)number;
	is_ending = 1;
}

/* The machine must be little-endian, as the frame is; main() checks that. */
static int64_t word_at(const uint8_t *bytes)
{
	int64_t word;
	memcpy(&word, bytes, sizeof(word));
	return word;
}

static struct flow *flow_open(struct capture *capture, uint32_t target, const struct tcphdr *tcp)
{
	struct flow *flow = calloc(1, sizeof(*flow));
	if (!flow)
		return NULL;
	flow->facts.target = target;
	flow->facts.port = ntohs(tcp->source);
	flow->facts.first_number = UNKNOWN;
	flow->start_out = ntohl(tcp->seq) + 1;
	*capture->end = flow;
	capture->end = &flow->next;
	capture->current[target] = flow;
	capture->totals.flows++;
	return flow;
}

/* Makes room for one more frame. */
static void flow_grow(struct flow *flow)
{
	if ((size_t)flow->facts.frames < flow->capacity)
		return;
	size_t capacity = 2 * flow->capacity + 64;
	struct frame_times *frames = realloc(flow->frames, capacity * sizeof(*flow->frames));
	uint32_t *ends = realloc(flow->ends, capacity * sizeof(*flow->ends));
	if (!frames || !ends)
		abort();
	flow->frames = frames;
	flow->ends = ends;
	flow->capacity = capacity;
}

/* The head of a frame has left. */
static void take_head(struct capture *capture, struct flow *flow)
{
	flow->frame_size = HEAD_SIZE;
	if (flow->frame_begin == 0 && memcmp(flow->head, HELLO, HELLO_LENGTH) == 0) {
		flow->is_greeted = true;
		return;
	}
	if (flow->is_greeted && flow->head[TYPE_AT] == 1) {
		flow->frame_size = STAMPED_SIZE;
		flow->head[TYPE_AT] = 0;
	}
	int64_t number = word_at(flow->head);
	flow_grow(flow);
	size_t index = (size_t)flow->facts.frames++;
	if (index == 0)
		flow->facts.first_number = number;
	else if (number != flow->facts.first_number + (int64_t)index)
		capture->totals.mismatches++;
	flow->ends[index] = flow->frame_begin + flow->frame_size;
	flow->frames[index] = (struct frame_times){
		word_at(flow->head + sizeof(number)), flow->frame_departed_ns, UNKNOWN, UNKNOWN};
}

/* Takes bytes that leave for the first time, from that place in the stream on. */
static void take_fresh(struct capture *capture, struct flow *flow, const struct segment *segment,
	uint32_t begin, uint32_t end)
{
	const uint8_t *bytes = segment->data + segment->length - (end - begin);
	while (begin < end) {
		uint32_t into = begin - flow->frame_begin;
		if (into == 0)
			flow->frame_departed_ns = segment->time_ns;
		uint32_t wanted = into < HEAD_SIZE ? HEAD_SIZE : flow->frame_size;
		uint32_t taken = wanted - into < end - begin ? wanted - into : end - begin;
		if (into < HEAD_SIZE)
			memcpy(flow->head + into, bytes, taken);
		begin += taken;
		bytes += taken;
		if (into < HEAD_SIZE && into + taken == HEAD_SIZE)
			take_head(capture, flow);
		if (into + taken >= HEAD_SIZE && into + taken == flow->frame_size)
			flow->frame_begin = begin;
	}
}

static void data_out(struct capture *capture, struct flow *flow, const struct segment *segment)
{
	uint32_t begin = ntohl(segment->tcp->seq) - flow->start_out;
	uint32_t end = begin + segment->length;
	if (begin < flow->sent)
		flow->facts.segments_again++;
	uint32_t fresh = begin < flow->sent ? flow->sent : begin;
	if (end <= fresh)
		return;
	take_fresh(capture, flow, segment, fresh, end);
	flow->sent = end;
}

static void take_out(
	struct capture *capture, struct flow *flow, uint32_t target, const struct segment *segment)
{
	const struct tcphdr *tcp = segment->tcp;
	if (tcp->syn) {
		if (flow && flow->facts.port == ntohs(tcp->source) &&
			flow->start_out == ntohl(tcp->seq) + 1)
			flow->facts.syns_again++;
		else if (!flow_open(capture, target, tcp))
			abort();
		return;
	}
	if (!flow || flow->facts.port != ntohs(tcp->source)) {
		capture->totals.strays++;
		return;
	}
	if (tcp->rst) {
		flow->facts.resets_sent++;
		flow->is_over = true;
		return;
	}
	if (flow->is_answered)
		flow->facts.is_established = 1;
	if (segment->length > 0 && !flow->is_over)
		data_out(capture, flow, segment);
	if (tcp->fin)
		flow->is_over = true;
}

/* Keeps what came after a hole. Returns false if there are too many holes. */
static bool keep_range(struct flow *flow, struct range range)
{
	unsigned first = 0;
	while (first < flow->range_count && flow->ranges[first].end < range.begin)
		first++;
	unsigned after = first;
	for (; after < flow->range_count && flow->ranges[after].begin <= range.end; after++) {
		if (flow->ranges[after].begin < range.begin)
			range.begin = flow->ranges[after].begin;
		if (flow->ranges[after].end > range.end)
			range.end = flow->ranges[after].end;
	}
	if (after == first && flow->range_count == RANGES_MAX)
		return false;
	memmove(&flow->ranges[first + 1], &flow->ranges[after],
		(flow->range_count - after) * sizeof(range));
	flow->ranges[first] = range;
	flow->range_count = flow->range_count + 1 - (after - first);
	return true;
}

/* The first frame that ends beyond a place in the stream. */
static size_t find_frame(const struct flow *flow, uint32_t place)
{
	size_t first = 0;
	size_t after = (size_t)flow->facts.frames;
	while (first < after) {
		size_t middle = (first + after) / 2;
		if (flow->ends[middle] <= place)
			first = middle + 1;
		else
			after = middle;
	}
	return first;
}

/* The stream is complete up to end, and with what was kept perhaps beyond. */
static void deliver(struct flow *flow, uint32_t end, int64_t time_ns)
{
	unsigned passed = 0;
	for (; passed < flow->range_count && flow->ranges[passed].begin <= end; passed++)
		if (flow->ranges[passed].end > end)
			end = flow->ranges[passed].end;
	memmove(flow->ranges, &flow->ranges[passed],
		(flow->range_count - passed) * sizeof(flow->ranges[0]));
	flow->range_count -= passed;
	size_t frames = (size_t)flow->facts.frames;
	for (size_t i = find_frame(flow, flow->delivered); i < frames && flow->ends[i] <= end; i++)
		flow->frames[i].delivered_ns = time_ns;
	flow->delivered = end;
}

static void data_in(struct capture *capture, struct flow *flow, const struct segment *segment)
{
	uint32_t begin = ntohl(segment->tcp->seq) - flow->start_in;
	uint32_t end = begin + segment->length;
	size_t frames = (size_t)flow->facts.frames;
	for (size_t i = find_frame(flow, begin); i < frames && flow->ends[i] <= end; i++)
		if (flow->frames[i].arrived_ns == UNKNOWN)
			flow->frames[i].arrived_ns = segment->time_ns;
	if (begin > flow->delivered) {
		if (!keep_range(flow, (struct range){begin, end}))
			capture->totals.overflows++;
	} else if (end > flow->delivered) {
		deliver(flow, end, segment->time_ns);
	}
}

static void take_in(struct capture *capture, struct flow *flow, const struct segment *segment)
{
	const struct tcphdr *tcp = segment->tcp;
	if (!flow || flow->facts.port != ntohs(tcp->dest)) {
		capture->totals.strays++;
		return;
	}
	if (tcp->rst) {
		flow->facts.resets_received++;
		flow->is_over = true;
		return;
	}
	if (tcp->syn) {
		flow->is_answered = true;
		flow->start_in = ntohl(tcp->seq) + 1;
		return;
	}
	if (segment->length > 0 && flow->is_answered && !flow->is_over)
		data_in(capture, flow, segment);
}

static void take_packet(
	struct capture *capture, const uint8_t *bytes, uint32_t length, int64_t time_ns)
{
	const uint8_t *ip_bytes = bytes + ETH_HLEN;
	struct iphdr ip;
	if (length < ETH_HLEN + sizeof(ip) + sizeof(struct tcphdr))
		return;
	memcpy(&ip, ip_bytes, sizeof(ip));
	uint32_t total = ntohs(ip.tot_len);
	size_t ip_header = ip.ihl * (size_t)4;
	struct tcphdr tcp;
	memcpy(&tcp, ip_bytes + ip_header, sizeof(tcp));
	uint32_t headers = (uint32_t)ip_header + tcp.doff * 4U;
	if (total < headers || length < ETH_HLEN + total) {
		capture->totals.oversized++;
		return;
	}
	if (total > PACKET_MAX)
		capture->totals.oversized++;
	struct segment segment = {
		.time_ns = time_ns,
		.tcp = &tcp,
		.data = ip_bytes + headers,
		.length = total - headers,
	};
	uint32_t source = ntohl(ip.saddr);
	uint32_t destination = ntohl(ip.daddr);
	if ((destination & 0xffff0000U) == capture->network) {
		uint32_t target = destination & 0xffffU;
		take_out(capture, capture->current[target], target, &segment);
	} else if ((source & 0xffff0000U) == capture->network) {
		take_in(capture, capture->current[source & 0xffffU], &segment);
	}
}

static void take_block(struct capture *capture, const struct tpacket_block_desc *block)
{
	const uint8_t *at = (const uint8_t *)block + block->hdr.bh1.offset_to_first_pkt;
	for (uint32_t i = 0; i < block->hdr.bh1.num_pkts; i++) {
		struct tpacket3_hdr header;
		memcpy(&header, at, sizeof(header));
		int64_t time_ns = header.tp_sec * NS_PER_S + header.tp_nsec;
		take_packet(capture, at + header.tp_mac, header.tp_snaplen, time_ns);
		at += header.tp_next_offset;
	}
}

/* Takes what comes until SIGTERM has come and the ring is empty. */
static int run(struct capture *capture)
{
	struct pollfd waiting = {.fd = capture->fd, .events = POLLIN | POLLERR};
	for (unsigned turn = 0;; turn = (turn + 1) % BLOCKS) {
		struct tpacket_block_desc *block =
			(struct tpacket_block_desc *)(void *)(capture->ring +
							      (size_t)turn * BLOCK_SIZE);
		while (!(__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) &
			 TP_STATUS_USER)) {
			int ready = poll(&waiting, 1, SILENCE_MS);
			if (ready < 0 && errno != EINTR)
				return -errno;
			if (ready == 0 && is_ending)
				return 0;
		}
		take_block(capture, block);
		__atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	}
}

/* Lets only TCP over IPv4 into the ring. */
static int set_filter(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct ethhdr, h_proto)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ETH_HLEN + offsetof(struct iphdr, protocol)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog filter = {.len = sizeof(code) / sizeof(code[0]), .filter = code};
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter));
}

/* For no protocol until everything is set up, so that nothing comes before. */
static int capture_open(struct capture *capture, const char *interface)
{
	int version = TPACKET_V3;
	int on = 1;
	struct tpacket_req3 request = {
		.tp_block_size = BLOCK_SIZE,
		.tp_block_nr = BLOCKS,
		.tp_frame_size = 2048,
		.tp_frame_nr = BLOCK_SIZE / 2048 * BLOCKS,
		.tp_retire_blk_tov = BLOCK_TIMEOUT_MS,
	};
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(interface),
	};
	if (address.sll_ifindex == 0)
		return -errno;
	capture->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (capture->fd < 0)
		return -errno;
	/* Has packets stamped as they come in, whether or not the prober asks for it. */
	if (set_filter(capture->fd) < 0 ||
		setsockopt(capture->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0 ||
		setsockopt(capture->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) <
			0 ||
		setsockopt(capture->fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) < 0)
		return -errno;
	void *ring = mmap(NULL, (size_t)BLOCK_SIZE * BLOCKS, PROT_READ | PROT_WRITE, MAP_SHARED,
		capture->fd, 0);
	if (ring == MAP_FAILED)
		return -errno;
	capture->ring = ring;
	if (bind(capture->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return 0;
}

static int read_statistics(struct capture *capture)
{
	struct tpacket_stats_v3 statistics;
	socklen_t length = sizeof(statistics);
	if (getsockopt(capture->fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &length) < 0)
		return -errno;
	capture->totals.packets = statistics.tp_packets;
	capture->totals.drops = statistics.tp_drops;
	return 0;
}

static int write_all(const struct capture *capture, const char *path)
{
	FILE *file = fopen(path, "wb");
	if (!file)
		return -errno;
	fwrite(&capture->totals, sizeof(capture->totals), 1, file);
	for (const struct flow *flow = capture->first; flow; flow = flow->next) {
		fwrite(&flow->facts, sizeof(flow->facts), 1, file);
		if (flow->facts.frames > 0)
			fwrite(flow->frames, sizeof(flow->frames[0]), (size_t)flow->facts.frames,
				file);
	}
	bool is_bad = ferror(file) != 0;
	return fclose(file) != 0 || is_bad ? -EIO : 0;
}

static void capture_close(struct capture *capture)
{
	while (capture->first) {
		struct flow *flow = capture->first;
		capture->first = flow->next;
		free(flow->frames);
		free(flow->ends);
		free(flow);
	}
	if (capture->ring)
		munmap(capture->ring, (size_t)BLOCK_SIZE * BLOCKS);
	if (capture->fd >= 0)
		close(capture->fd);
}

static int capture_run(struct capture *capture, const char *interface, const char *path)
{
	int error = capture_open(capture, interface);
	if (error)
		return error;
	/* After this line nothing will be missed. */
	puts("ready");
	fflush(stdout);
	error = run(capture);
	if (!error)
		error = read_statistics(capture);
	return error ? error : write_all(capture, path);
}

int main(int argc, char **argv)
{
	static struct capture capture; /* Too large for the stack. */
	struct in_addr network;
	if (argc != 4 || inet_pton(AF_INET, argv[2], &network) != 1) {
		fprintf(stderr, "usage: capture INTERFACE NETWORK FILE\n");
		return 2;
	}
	if (htonl(1) == 1) {
		fprintf(stderr, "capture: made for little-endian machines\n");
		return EXIT_FAILURE;
	}
	capture.network = ntohl(network.s_addr) & 0xffff0000U;
	capture.end = &capture.first;
	capture.fd = -1;
	const struct sigaction action = {.sa_handler = on_signal};
	sigaction(SIGTERM, &action, NULL);
	int error = capture_run(&capture, argv[1], argv[3]);
	capture_close(&capture);
	if (error < 0) {
		errno = -error;
		fprintf(stderr, "capture: %m\n");
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

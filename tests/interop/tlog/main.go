// Verifies a copy of the audit log with the transparency-log packages of the Go project, which our code did not write:
// signed notes by sumdb/note, checkpoints, trees, inclusion and consistency proofs by sumdb/tlog.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type hashes []tlog.Hash

func (h hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(h)) {
			return nil, fmt.Errorf("no stored hash %d", index)
		}
		found[i] = h[index]
	}
	return found, nil
}

func must(err error) {
	if err != nil {
		fmt.Println("REFUSED:", err)
		os.Exit(1)
	}
}

func check(holds bool, what string) {
	if !holds {
		must(fmt.Errorf("%s", what))
	}
}

type checkpoint struct {
	size int64
	root tlog.Hash
}

func open(text string, verifiers note.Verifiers) checkpoint {
	opened, err := note.Open([]byte(text), verifiers)
	must(err)
	// The time is an extension line of ours: the rest is what tlog writes for a tree.
	lines := strings.SplitN(opened.Text, "\n", 4)
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	raw, err := base64.StdEncoding.DecodeString(lines[2])
	must(err)
	point := checkpoint{size: size}
	check(copy(point.root[:], raw) == tlog.HashSize, "root of another length")
	return point
}

func readLines(path string) []string {
	file, err := os.Open(path)
	must(err)
	defer file.Close()
	scanner := bufio.NewScanner(file)
	scanner.Buffer(make([]byte, 1<<20), 1<<26)
	var lines []string
	for scanner.Scan() {
		lines = append(lines, scanner.Text())
	}
	must(scanner.Err())
	return lines
}

type proof struct {
	Position   int64  `json:"position"`
	Size       int64  `json:"size"`
	Proof      string `json:"proof"`
	Checkpoint string `json:"checkpoint"`
	Body       string `json:"body"`
}

type consistency struct {
	Old   int64    `json:"old"`
	New   int64    `json:"new"`
	Proof []string `json:"proof"`
}

func decode(texts []string) []tlog.Hash {
	decoded := make([]tlog.Hash, len(texts))
	for i, text := range texts {
		raw, err := base64.StdEncoding.DecodeString(text)
		must(err)
		copy(decoded[i][:], raw)
	}
	return decoded
}

func split(joined string) []tlog.Hash {
	raw, err := base64.StdEncoding.DecodeString(joined)
	must(err)
	hashes := make([]tlog.Hash, len(raw)/tlog.HashSize)
	for i := range hashes {
		copy(hashes[i][:], raw[i*tlog.HashSize:])
	}
	return hashes
}

func checkProofs(folder string, verifiers note.Verifiers, roots map[int64]tlog.Hash) (int, int) {
	proofs, _ := filepath.Glob(filepath.Join(folder, "proofs", "*.json"))
	for _, path := range proofs {
		var p proof
		data, err := os.ReadFile(path)
		must(err)
		must(json.Unmarshal(data, &p))
		point := open(p.Checkpoint, verifiers)
		must(tlog.CheckRecord(split(p.Proof), point.size, point.root, p.Position, tlog.RecordHash([]byte(p.Body))))
	}
	pairs, _ := filepath.Glob(filepath.Join(folder, "consistency", "*.json"))
	for _, path := range pairs {
		var c consistency
		data, err := os.ReadFile(path)
		must(err)
		must(json.Unmarshal(data, &c))
		must(tlog.CheckTree(decode(c.Proof), c.New, roots[c.New], c.Old, roots[c.Old]))
	}
	return len(proofs), len(pairs)
}

func main() {
	folder := os.Args[1]
	verifier, err := note.NewVerifier(strings.TrimSpace(os.Args[2]))
	must(err)
	verifiers := note.VerifierList(verifier)
	var stored hashes
	for i, line := range readLines(filepath.Join(folder, "events.jsonl")) {
		more, err := tlog.StoredHashes(int64(i), []byte(line), stored)
		must(err)
		stored = append(stored, more...)
	}
	roots := map[int64]tlog.Hash{}
	for _, line := range readLines(filepath.Join(folder, "checkpoints.jsonl")) {
		var entry struct{ Note string }
		must(json.Unmarshal([]byte(line), &entry))
		point := open(entry.Note, verifiers)
		root, err := tlog.TreeHash(point.size, stored)
		must(err)
		check(root == point.root, fmt.Sprintf("root of %d events differs", point.size))
		roots[point.size] = root
	}
	check(len(roots) > 0, "no checkpoint")
	proofs, pairs := checkProofs(folder, verifiers, roots)
	fmt.Printf("AGREES: %d checkpoints, %d inclusion proofs, %d consistency proofs\n", len(roots), proofs, pairs)
}

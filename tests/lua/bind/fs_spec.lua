-- SPDX-License-Identifier: MIT
local fs = require "dnsprobe.fs"

describe("dnsprobe.fs", function()
    it("replaces a file whole, and lists and reads it", function()
        local folder = os.tmpname()
        os.remove(folder)
        assert.is_true(fs.mkdir_p(folder .. "/a/b"))
        local path = folder .. "/a/b/report.json"
        assert.is_true(fs.write_atomic(path, "old"))
        assert.is_true(fs.write_atomic(path, "new"))
        assert.equal("new", fs.read(path))
        assert.same({ "report.json" }, fs.list(folder .. "/a/b"))
        assert.is_true(fs.exists(path))
        assert.is_nil((fs.read(folder)))
        assert.is_nil((fs.write_atomic(folder .. "/none/x", "x")))
        os.remove(path)
        os.remove(folder .. "/a/b")
        os.remove(folder .. "/a")
        os.remove(folder)
    end)

    it("hashes as FIPS 180-4 says", function()
        assert.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", fs.sha256("abc"))
        assert.equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", fs.sha256(""))
        assert.equal("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            fs.sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))
        assert.equal("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", fs.sha256(("a"):rep(1000000)))
    end)

    it("knows the library and where it runs", function()
        assert.is_truthy(table.concat(fs.modules("dnsprobe.report."), " "):find("dnsprobe.report.json", 1, true))
        assert.is_string(fs.paths().source)
        assert.is_string(fs.hostname())
    end)
end)

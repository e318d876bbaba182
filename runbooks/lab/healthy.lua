-- SPDX-License-Identifier: MIT
return {
    title = "Nothing is wrong",
    story = [[
Three name servers that agree, twelve resolvers that hold what they say, an application that accepts connections.
A tool that reports a fault here is worse than none.]],
    expect = {},
}
